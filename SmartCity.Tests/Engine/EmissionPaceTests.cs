using System.Text;

using Microsoft.Extensions.Time.Testing;

using SmartCity.Streams.Engine.State;
using SmartCity.Streams.Engine.Tasks;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Tests.Engine;

/// <summary>How often rows of open windows are due: once in the interval, less often where there are very many, and five times as seldom while a backlog is drained.</summary>
internal sealed class EmissionPaceTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 15, 15, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _clock = new(Now);
    private Sent _rows = null!;
    private WindowTask _task = null!;
    private long _blocks;
    private int _emitted;

    [SetUp]
    public void Begin()
    {
        (_blocks, _emitted) = (0, 0);
        _rows = new Sent("counts");
        _task = WordCount.Build(TimeWindows.OfSizeAndGrace(TimeSpan.FromDays(1), TimeSpan.Zero)).CreateWindowTask(
            new WindowTaskContext(0, "changelog", 1, 42, 0, AtLeastOnce: false, TimeSpan.FromSeconds(1), new InMemoryStore(), _rows, _clock));
        _task.StartProcessing();
        _task.Emit(); // what an earlier owner may have left half done: nothing
    }

    [TearDown]
    public void End() => _task.Dispose();

    [Test]
    public void At_the_pace_of_the_clock_rows_are_due_every_interval()
    {
        EmitAfter(TimeSpan.FromSeconds(1), Now);
        EmitAfter(TimeSpan.FromSeconds(1), Now.AddSeconds(1));
    }

    [Test]
    public void While_a_backlog_is_drained_they_are_due_five_times_as_seldom()
    {
        EmitAfter(TimeSpan.FromSeconds(1), Now.AddHours(-9));

        Feed(Now.AddHours(-8));
        _task.Emit();
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.That(_task.EmitDue, Is.False);
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.That(_task.EmitDue, Is.True);
    }

    [Test]
    public void A_recording_that_is_replayed_at_the_pace_it_was_made_is_no_backlog()
    {
        EmitAfter(TimeSpan.FromSeconds(1), Now.AddHours(-9));
        EmitAfter(TimeSpan.FromSeconds(1), Now.AddHours(-9).AddSeconds(1));
    }

    [Test]
    public void A_silent_partition_that_is_raised_by_a_minute_at_once_is_no_backlog()
    {
        EmitAfter(TimeSpan.FromSeconds(1), Now.AddMinutes(-2));
        EmitAfter(TimeSpan.FromSeconds(1), Now.AddMinutes(-1));
    }

    [Test]
    public void Of_windows_that_change_by_the_thousand_no_more_than_three_thousand_rows_are_sent_a_second()
    {
        Feed(Now, words: 6_000);
        _clock.Advance(TimeSpan.FromSeconds(1));
        while (_task.EmitDue)
        {
            _task.Emit();
        }

        Assert.That(_rows.Count, Is.EqualTo(6_000));
        Feed(Now.AddSeconds(1), words: 2);
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.That(_task.EmitDue, Is.False);
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.That(_task.EmitDue, Is.True);
        _task.Emit();
        _emitted = _rows.Count;

        EmitAfter(TimeSpan.FromSeconds(1), Now.AddSeconds(3));
    }

    /// <summary>A word is said, stream time is as given, and exactly when the pause is over the row is due.</summary>
    private void EmitAfter(TimeSpan pause, DateTimeOffset streamTime)
    {
        Feed(streamTime);
        _task.Emit(); // A watermark that moves for the first time may have made windows final; open ones wait for their interval all the same.
        Assert.That(_rows.Count, Is.EqualTo(_emitted));
        _clock.Advance(pause - TimeSpan.FromMilliseconds(1));
        Assert.That(_task.EmitDue, Is.False);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(_task.EmitDue, Is.True);
        _task.Emit();
        Assert.That(_rows.Count, Is.EqualTo(++_emitted));
        Assert.That(_task.EmitDue, Is.False);
    }

    private void Feed(DateTimeOffset streamTime, int words = 1)
    {
        var block = new Sent("partials");
        var writer = new BlockWriter("partials", 0, block);
        writer.Begin(new BlockHeader(42, 0, 0, _blocks, _blocks + 1, 0, false, streamTime.ToUnixTimeMilliseconds(), 0));
        for (var i = 0; i < words; i++)
        {
            writer.Add(Encoding.UTF8.GetBytes($"word{i}"), new DateTimeOffset(2026, 1, 15, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(), 0, [1]);
        }

        writer.End();
        _task.Process(new RawRecord("partials", 0, _blocks++, 0, default, block.Last, hasKey: false));
    }

    private sealed class Sent(string to) : IRecordCollector
    {
        public byte[]? Last { get; private set; }

        public int Count { get; private set; }

        public void Send(string topic, int? partition, byte[]? key, byte[]? value, Confluent.Kafka.Headers? headers = null)
        {
            (Last, Count) = topic == to ? (value, Count + 1) : (Last, Count);
        }
    }
}
