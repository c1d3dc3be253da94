using System.Buffers;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.State;
using SmartCity.Streams.Engine.Tasks;
using SmartCity.Streams.Engine.Windows;
using SmartCity.Tests.Domain;

namespace SmartCity.Tests.Fuzz;

/// <summary>
/// Blocks and changelog records of the city's topology, changed at random. A change that leaves them valid goes unnoticed (Kafka's own checksums guard against those);
/// any other stops the task with an error that says what to do, and with nothing else.
/// </summary>
internal sealed class StateFuzzTests
{
    private const ulong Fingerprint = 42;
    private const long Midnight = 1_768_435_200_000;

    private static readonly TimeWindows Windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)).AdvanceBy(TimeSpan.FromMinutes(1));

    [Test]
    public void A_changed_block_is_a_valid_one_or_stops_the_task_and_says_what_to_do()
    {
        FuzzSettings settings = FuzzSettings.FromEnvironment();
        var dice = new Random(settings.Seed);
        byte[] block = Block(from: 0);
        int stopped = 0;
        for (int record = 0; record < settings.StateRecords; record++)
        {
            using WindowTask task = NewTask(new InMemoryStore(), new Output());
            task.StartProcessing();
            stopped += Stops(() =>
            {
                Feed(task, 0, Changed(block, dice));
                task.Emit();
                task.PrepareCommit();
            }) ? 1 : 0;
        }

        Assert.That(stopped, Is.InRange(settings.StateRecords / 4, settings.StateRecords), "most changes are noticed");
    }

    [Test]
    public void A_changed_changelog_record_is_a_valid_one_or_stops_the_task_and_says_what_to_do()
    {
        FuzzSettings settings = FuzzSettings.FromEnvironment();
        var dice = new Random(settings.Seed);
        List<(byte[] Key, byte[]? Value)> changelog = Changelog();
        int stopped = 0;
        for (int record = 0; record < settings.StateRecords; record++)
        {
            List<(byte[] Key, byte[]? Value)> restored = [.. changelog];
            int which = dice.Next(restored.Count);
            var (key, value) = restored[which];
            restored[which] = dice.Next(3) == 0 ? (Changed(key, dice), value) : (key, dice.Next(10) == 0 ? null : Changed(value!, dice));

            // All that is ever done with a state: restore it, survey it, merge into it, make it final.
            using WindowTask task = NewTask(new InMemoryStore(), new Output());
            stopped += Stops(() =>
            {
                task.Restore(restored, restored.Count);
                task.StartProcessing();
                Feed(task, 1, Block(from: 10));
                task.Emit();
                Feed(task, 2, Block(from: 20, streamTimeMs: Midnight + 86_400_000));
                task.Emit();
                task.PrepareCommit();
            }) ? 1 : 0;
        }

        Assert.That(stopped, Is.InRange(settings.StateRecords / 4, settings.StateRecords), "most changes are noticed");
    }

    private static bool Stops(Action work)
    {
        try
        {
            work();
            return false;
        }
        catch (StreamsException e)
        {
            Assert.That(e.Message, Does.Contain("eset the application").IgnoreCase, "it says what to do");
            return true;
        }
    }

    /// <summary>The same bytes with one to three of them changed, cut out, or put in.</summary>
    private static byte[] Changed(byte[] bytes, Random dice)
    {
        List<byte> changed = [.. bytes];
        for (int change = dice.Next(1, 4); change > 0; change--)
        {
            int at = dice.Next(changed.Count + 1);
            switch (dice.Next(5))
            {
                case 0 when at < changed.Count:
                    changed[at] = (byte)dice.Next(256);
                    break;
                case 1 when at < changed.Count:
                    changed[at] ^= (byte)(1 << dice.Next(8));
                    break;
                case 2:
                    changed.RemoveRange(at, Math.Min(changed.Count - at, dice.Next(1, 12)));
                    break;
                case 3:
                    changed.Insert(at, (byte)dice.Next(256));
                    break;
                default:
                    changed.InsertRange(at, Enumerable.Repeat((byte)0xFF, dice.Next(1, 10)));
                    break;
            }
        }

        return [.. changed];
    }

    /// <summary>What a task writes to its changelog after one block.</summary>
    private static List<(byte[] Key, byte[]? Value)> Changelog()
    {
        var output = new Output();
        using WindowTask task = NewTask(new InMemoryStore(), output);
        task.StartProcessing();
        Feed(task, 0, Block(from: 0));
        task.Emit();
        task.PrepareCommit();
        return output.Changelog;
    }

    private static WindowTask NewTask(InMemoryStore store, Output output)
        => CityTopology.Build(Windows, new ReadingRules()).CreateWindowTask(
            new WindowTaskContext(0, "app-windows-changelog", 1, Fingerprint, 0, AtLeastOnce: false, TimeSpan.Zero, store, output, TimeProvider.System));

    private static void Feed(WindowTask task, long offset, byte[] block) => task.Process(new RawRecord("app-partials", 0, offset, 0, default, block, hasKey: false));

    /// <summary>Ten input offsets' worth of readings in two groups.</summary>
    private static byte[] Block(long from, long streamTimeMs = Midnight)
    {
        var output = new Output();
        var writer = new BlockWriter("app-partials", 0, output);
        writer.Begin(new BlockHeader(Fingerprint, 0, 0, from, from + 10, 0, false, streamTimeMs, 0));
        foreach (string district in (string[])["", "Wola"])
        {
            var group = new ArrayBufferWriter<byte>();
            GroupKeySerde.Instance.Write(new GroupKey(SensorType.Weather, "Łódź", district), group);
            CityAggregate aggregate = AggregateTestData.Of(
                [AggregateTestData.One(SensorType.Weather, 0, -3.25, Midnight), AggregateTestData.One(SensorType.Weather, 4, 270, Midnight + 1), AggregateTestData.One(SensorType.Weather, 1, 55.5, Midnight + 2)]);
            writer.Add(group.WrittenSpan, Midnight, 0, aggregate.Bytes());
        }

        writer.End();
        return output.Block!;
    }

    private sealed class Output : IRecordCollector
    {
        public byte[]? Block { get; private set; }

        public List<(byte[] Key, byte[]? Value)> Changelog { get; } = [];

        public void Send(string topic, int? partition, byte[]? key, byte[]? value, Confluent.Kafka.Headers? headers = null)
        {
            if (topic == "app-partials")
            {
                Block = value;
            }
            else if (topic == "app-windows-changelog")
            {
                Changelog.Add((key!, value));
            }
        }
    }
}
