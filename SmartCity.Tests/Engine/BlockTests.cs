using CsCheck;

using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.State;
using SmartCity.Streams.Engine.Tasks;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Tests.Engine;

/// <summary>What a window task makes of blocks that should not be: it stops with an error that says what to do, and never guesses.</summary>
internal sealed class BlockTests
{
    private const ulong Fingerprint = 42;

    [Test]
    public void A_gap_between_blocks_stops_the_task()
    {
        using var task = NewTask();
        Feed(task, 0, Block(from: 0, to: 10));

        Assert.That(() => Feed(task, 1, Block(from: 11, to: 12)), Throws.TypeOf<StreamsException>().With.Message.Contains("audit").And.Message.Contains("offset 10"));
    }

    [Test]
    public void An_overlap_of_blocks_stops_the_task()
    {
        using var task = NewTask();
        Feed(task, 0, Block(from: 0, to: 10));

        Assert.That(() => Feed(task, 1, Block(from: 0, to: 10)), Throws.TypeOf<StreamsException>().With.Message.Contains("audit"));
    }

    [Test]
    public void At_least_once_a_block_that_was_merged_is_dropped()
    {
        using var task = NewTask(atLeastOnce: true);
        Feed(task, 0, Block(from: 0, to: 10));
        Feed(task, 1, Block(from: 0, to: 10));
        Feed(task, 0, Block(from: 0, to: 10));

        Assert.That(task.OpenWindows, Is.EqualTo(1));
        Assert.That(() => Feed(task, 2, Block(from: 11, to: 12)), Throws.TypeOf<StreamsException>(), "a gap is a loss in either mode");
    }

    [Test]
    public void A_block_of_another_topology_or_epoch_stops_the_task()
    {
        using var task = NewTask();

        Assert.That(() => Feed(task, 0, Block(from: 0, to: 1, fingerprint: 43)), Throws.TypeOf<StreamsException>().With.Message.Contains("another topology").And.Message.Contains("reset"));
        Assert.That(() => Feed(task, 0, Block(from: 0, to: 1, epoch: 1)), Throws.TypeOf<StreamsException>().With.Message.Contains("epoch 1"));
    }

    [Test]
    public void State_of_another_topology_refuses_to_start()
    {
        var store = new InMemoryStore();
        using (var task = NewTask(store: store))
        {
            Feed(task, 0, Block(from: 0, to: 1));
            task.PrepareCommit();
            task.MarkCommitted(3);
        }

        Assert.That(() => NewTask(store: store, fingerprint: 43), Throws.TypeOf<StreamsException>().With.Message.Contains("another topology"));
        using var again = NewTask(store: store);
        Assert.That(again.OpenWindows, Is.EqualTo(1));
    }

    [Test]
    public void A_block_of_another_version_stops_the_task_and_says_what_to_do()
    {
        using var task = NewTask();
        byte[] block = Block(from: 0, to: 10);
        block[0] = 2;

        Assert.That(
            () => Feed(task, 0, block),
            Throws.TypeOf<StreamsException>().With.Message.EqualTo(
                "Record partials-0@0 is block format 2, and this version reads 1. "
                + "Another version of this program wrote it: run that version in every worker, or stop them all and reset the application to rebuild from its input."));
    }

    [Test]
    public void State_of_another_version_refuses_to_start_and_says_what_to_do()
    {
        var store = new InMemoryStore();
        using (var task = NewTask(store: store))
        {
            Feed(task, 0, Block(from: 0, to: 1));
            task.PrepareCommit();
            task.MarkCommitted(3);
        }

        byte[] meta = store.Get(WindowStoreFormat.MetaKey)!;
        meta[0] = 2;
        store.Apply([new StoreWrite(WindowStoreFormat.MetaKey, meta)], 4);

        Assert.That(
            () => NewTask(store: store),
            Throws.TypeOf<StreamsException>().With.Message.EqualTo(
                "The state of window task 0 is state format 2, and this version reads 1. "
                + "Another version of this program wrote it: run that version in every worker, or stop them all and reset the application to rebuild from its input."));
    }

    [Test]
    public void Bytes_that_are_no_block_stop_the_task_with_an_error_that_says_so() => Gen.Select(Gen.Int[0, 1], Gen.Byte.Array[0, 80], Gen.Int[0, 60], Gen.Byte).Sample(
        (kind, noise, at, value) =>
        {
            var bytes = kind == 0 ? noise : Block(from: 0, to: 10);
            if (kind == 1)
            {
                bytes[at % bytes.Length] = value;
                bytes = bytes[..Math.Max(1, bytes.Length - (noise.Length % 3))];
            }

            using var task = NewTask();
            try
            {
                Feed(task, 0, bytes);
            }
            catch (StreamsException)
            {
                // What is wanted; any other exception fails the test. A change that leaves the block valid is no fault.
            }
        },
        iter: 5_000,
        threads: 1);

    private static WindowTask NewTask(bool atLeastOnce = false, InMemoryStore? store = null, ulong fingerprint = Fingerprint)
    {
        var task = WordCount.Build().CreateWindowTask(new WindowTaskContext(
            0, "changelog", 1, fingerprint, 0, atLeastOnce, TimeSpan.Zero, store ?? new InMemoryStore(), new NoOutput(), TimeProvider.System));
        task.StartProcessing();
        return task;
    }

    private static void Feed(WindowTask task, long offset, byte[] block) => task.Process(new RawRecord("partials", 0, offset, 0, default, block, hasKey: false));

    private static byte[] Block(long from, long to, ulong fingerprint = Fingerprint, int epoch = 0)
    {
        var output = new Capture();
        var writer = new BlockWriter("partials", 0, output);
        writer.Begin(new BlockHeader(fingerprint, epoch, 0, from, to, 0, false, 1_000, 0));
        writer.Add("word"u8, 0, 0, [1]);
        writer.End();
        return output.Last!;
    }

    private sealed class Capture : IRecordCollector
    {
        public byte[]? Last { get; private set; }

        public void Send(string topic, int? partition, byte[]? key, byte[]? value, Confluent.Kafka.Headers? headers = null) => Last = value;
    }

    private sealed class NoOutput : IRecordCollector
    {
        public void Send(string topic, int? partition, byte[]? key, byte[]? value, Confluent.Kafka.Headers? headers = null)
        {
        }
    }
}
