using System.Globalization;
using System.Text;

using CsCheck;

using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Testing;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Tests.Engine;

/// <summary>
/// Which record counts in which window, against a naive reading of the rule: a record counts in a window that it lies in exactly when the window's end + grace lies after the
/// stream time of the record's own partition, the record included. Commits, crashes, shuffles and the order of partitions must not matter.
/// </summary>
internal sealed class RuleOfTimeTests
{
    private const int Partitions = 3;
    private const long SizeMs = 50;
    private const long AdvanceMs = 10;
    private const long GraceMs = 30;

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (12, Gen.Select(Gen.Int[0, Partitions - 1], Gen.Int[0, 1], Gen.Int[-40, 140], Gen.Int[-60, 300]).Select(Step (partition, word, back, skew) => new Read(partition, word, back, skew))),
        (3, Gen.Const<Step>(new Commit())),
        (1, Gen.Const<Step>(new Crash())),
        (1, Gen.Select(Gen.Int[0, Partitions - 1], Gen.Int[0, 100]).Select(Step (partition, back) => new Raise(partition, back))));

    [Test]
    public void Every_window_equals_a_naive_computation() => Gen.Select(Steps.Array[1, 120], Gen.Int[1, 4]).Sample(
        (steps, repartitions) =>
        {
            var expected = new Oracle();
            var actual = Run(steps, repartitions, expected);
            Assert.That(actual.Rows, Is.EquivalentTo(expected.Counts));
            Assert.That(actual.Late, Is.EqualTo(expected.Late));
        },
        iter: 1_000,
        threads: 1);

    private static (Dictionary<(string, long), long> Rows, long Late) Run(Step[] steps, int repartitions, Oracle oracle)
    {
        using var driver = new TopologyTestDriver(Topology(), new TestDriverOptions { InputPartitions = Partitions, RepartitionPartitions = repartitions });
        var rows = new Dictionary<(string, long), long>();
        var final = new HashSet<(string, long)>();
        var now = 1_000L;
        foreach (var step in steps)
        {
            now += 7;
            switch (step)
            {
                case Read read:
                    var (eventTime, recordTime) = (now - read.Back, now + read.Skew);
                    oracle.Read(read.Partition, $"w{read.Word}", eventTime, recordTime);
                    driver.Pipe("lines", null, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{eventTime} w{read.Word}")), recordTime, read.Partition);
                    break;
                case Raise raise:
                    oracle.Raise(raise.Partition, now - raise.Back);
                    driver.RaiseStreamTime("lines", raise.Partition, now - raise.Back);
                    driver.Commit();
                    break;
                case Crash:
                    driver.Crash();
                    break;
                default:
                    driver.Commit();
                    break;
            }

            Collect();
        }

        driver.Commit();
        Collect();
        foreach (var window in rows.Keys)
        {
            Assert.That(final.Contains(window), Is.EqualTo(window.Item2 + SizeMs + GraceMs <= oracle.Watermark), "final exactly when the watermark has passed end + grace");
        }

        Assert.That(driver.PartialsForFinalWindows, Is.Zero);
        return (rows, driver.Read("late").Count);

        void Collect()
        {
            foreach (var row in driver.Read("counts"))
            {
                var key = row.KeyText.Split('@');
                var window = (key[0], long.Parse(key[1], CultureInfo.InvariantCulture));
                Assert.That(final.Contains(window), Is.False, "a final row is never changed");
                rows[window] = long.Parse(row.ValueText.Split(' ')[0], CultureInfo.InvariantCulture);
                if (row.ValueText.EndsWith("final", StringComparison.Ordinal))
                {
                    final.Add(window);
                }
            }
        }
    }

    private static Topology Topology()
    {
        var builder = new StreamsBuilder();
        builder.Stream("lines", Consumed.With(Serdes.Ignored, Serdes.Text, (_, line, _) => long.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)))
            .GroupBy((_, line) => line.Split(' ')[1], Serdes.Text)
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromMilliseconds(SizeMs), TimeSpan.FromMilliseconds(GraceMs)).AdvanceBy(TimeSpan.FromMilliseconds(AdvanceMs)))
            .LateTo("late")
            .Count()
            .Map((word, count) => (string.Create(CultureInfo.InvariantCulture, $"{word.Group}@{word.StartMs}"), string.Create(CultureInfo.InvariantCulture, $"{count.Aggregate.Value}{(count.IsFinal ? " final" : "")}")))
            .To("counts", Serdes.Text, Serdes.Text);
        return builder.Build();
    }

    private abstract record Step;

    private sealed record Read(int Partition, int Word, int Back, int Skew) : Step;

    private sealed record Raise(int Partition, int Back) : Step;

    private sealed record Commit : Step;

    private sealed record Crash : Step;

    private sealed class Oracle
    {
        private readonly long[] _streamTime = [.. Enumerable.Repeat(long.MinValue, Partitions)];

        public Dictionary<(string, long), long> Counts { get; } = [];

        public long Late { get; private set; }

        public long Watermark => _streamTime.Min();

        public void Read(int partition, string word, long eventTime, long recordTime)
        {
            _streamTime[partition] = Math.Max(_streamTime[partition], Math.Min(eventTime, recordTime));
            var counted = false;
            for (var start = -1_000L; start <= eventTime; start += AdvanceMs)
            {
                if (eventTime < start + SizeMs && start + SizeMs + GraceMs > _streamTime[partition])
                {
                    Counts[(word, start)] = Counts.GetValueOrDefault((word, start)) + 1;
                    counted = true;
                }
            }

            Late += counted ? 0 : 1;
        }

        public void Raise(int partition, long to) => _streamTime[partition] = Math.Max(_streamTime[partition], to);
    }
}
