using SmartCity.Streams.Engine.State;
using SmartCity.Streams.Engine.Tasks;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Tests.Engine;

/// <summary>
/// A replay at full speed moves the watermark over months at once. One transaction for all the windows that become final then outlived its time-out, was aborted and
/// begun again, for ever; so they go in portions with commits between.
/// </summary>
internal sealed class ManyFinalsTests
{
    private const int Words = 12_000;

    [Test]
    public void Windows_become_final_in_portions_and_a_crash_between_two_of_them_changes_nothing()
    {
        var store = new InMemoryStore();
        var output = new Rows();
        var task = NewTask(store, output);
        FeedBlock(task, 0, from: 0, Words, streamTimeMs: 0);
        Commit(task, output);
        FeedBlock(task, 1, from: 1, words: 0, streamTimeMs: 600_000);

        task.Emit();
        Assert.That(task.EmitDue, Is.True, "more is due than goes in one portion");
        Commit(task, output);
        Assert.That(output.Final, Has.Count.GreaterThan(0).And.Count.LessThan(Words));

        // The next portion is sent but never committed; the task begins again from its store.
        task.Emit();
        output.Abort();
        task.Dispose();
        task = NewTask(store, output);
        while (task.EmitDue)
        {
            task.Emit();
            Commit(task, output);
        }

        Assert.That(output.Final, Has.Count.EqualTo(Words).And.Unique);
        Assert.That(task.OpenWindows, Is.Zero);
        task.Dispose();
    }

    private static WindowTask NewTask(InMemoryStore store, Rows output)
    {
        var windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(1), TimeSpan.Zero);
        var task = WordCount.Build(windows).CreateWindowTask(new WindowTaskContext(0, "changelog", 1, 42, 0, AtLeastOnce: false, TimeSpan.FromHours(1), store, output, TimeProvider.System));
        task.StartProcessing();
        return task;
    }

    private static void FeedBlock(WindowTask task, long offset, long from, int words, long streamTimeMs)
    {
        var block = new Rows();
        var writer = new BlockWriter("partials", 0, block);
        writer.Begin(new BlockHeader(42, 0, 0, from, from + 1, 0, false, streamTimeMs, 0));
        for (var i = 0; i < words; i++)
        {
            writer.Add(BitConverter.GetBytes((long)i).Select(b => (byte)('a' + (b % 26))).Concat(WordCount.Line($"{i}")).ToArray(), 0, 0, [1]);
        }

        writer.End();
        task.Process(new RawRecord("partials", 0, offset, 0, default, block.Sent.Single(), hasKey: false));
    }

    private static void Commit(WindowTask task, Rows output)
    {
        task.PrepareCommit();
        output.Commit();
        task.MarkCommitted(1);
    }

    private sealed class Rows : IRecordCollector
    {
        private readonly List<(string Topic, byte[]? Key, byte[]? Value)> _pending = [];

        public List<string> Final { get; } = [];

        public IEnumerable<byte[]?> Sent => _pending.Select(record => record.Value);

        public void Send(string topic, int? partition, byte[]? key, byte[]? value, Confluent.Kafka.Headers? headers = null) => _pending.Add((topic, key, value));

        public void Commit()
        {
            Final.AddRange(_pending
                .Where(record => record.Topic == "counts" && System.Text.Encoding.UTF8.GetString(record.Value!).EndsWith("final", StringComparison.Ordinal))
                .Select(record => System.Text.Encoding.UTF8.GetString(record.Key!)));
            _pending.Clear();
        }

        public void Abort() => _pending.Clear();
    }
}
