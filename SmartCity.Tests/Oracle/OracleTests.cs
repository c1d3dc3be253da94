using SmartCity.Tests.Golden;

namespace SmartCity.Tests.Oracle;

/// <summary>The oracle itself is held against Apache Kafka Streams before anything is held against the oracle.</summary>
internal sealed class OracleTests
{
    private static readonly long LaterThanAll = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    [TestCase("small-21", 87, 171)]
    [TestCase("synthetic-11", 489, 1149)]
    [TestCase("aberdeen-odd-days", 3, 1704)]
    public void It_agrees_with_Kafka_Streams_on_one_partition(string name, int invalid, int late)
    {
        IReadOnlyList<LogRecord> log =
            [.. Recordings.Readings(name).Select((value, offset) => new LogRecord(new LogPlace(0, offset), LaterThanAll, value, new Dictionary<string, string>()))];

        OracleVerdict verdict = WindowOracle.Judge([log], [], new OracleTimes());

        var expected = Recordings.Windows(name, 1).Select(line => GoldenWindow.Read(line)).ToDictionary(pair => pair.Key, pair => pair.Window);
        var ours = verdict.Windows.ToDictionary(
            pair => string.Join('\t', pair.Key.Type, pair.Key.City, pair.Key.District, pair.Key.StartMs), pair => AsGolden(pair.Key.Type, pair.Value));
        Assert.Multiple(() =>
        {
            Assert.That(ours.Keys.Except(expected.Keys), Is.Empty, "windows too many");
            Assert.That(expected.Keys.Except(ours.Keys), Is.Empty, "windows missing");
            Assert.That(expected.Where(pair => ours.TryGetValue(pair.Key, out var window) && pair.Value.Difference(window) is not null), Is.Empty);
            Assert.That(verdict.Invalid, Has.Count.EqualTo(invalid));
            Assert.That(verdict.Late, Has.Count.EqualTo(late));
        });
    }

    [Test]
    public void A_raise_closes_windows_for_what_comes_after_it_and_for_nothing_before()
    {
        byte[] reading = """{"sensor_id":"s","sensor_type":"energy","city":"c","timestamp":"2026-01-01T00:00:30Z","metrics":{"voltage":230}}"""u8.ToArray();
        IReadOnlyList<LogRecord> log = [.. Enumerable.Range(0, 3).Select(offset => new LogRecord(new LogPlace(0, offset), LaterThanAll, reading, new Dictionary<string, string>()))];
        long midnight = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

        // 00:14 closes the four windows that end by 00:04 (grace 10 min), 00:15 and 7 ms the last one, too.
        OracleVerdict verdict = WindowOracle.Judge(
            [log], [new OracleRaise(0, 1, midnight + (14 * 60_000)), new OracleRaise(0, 2, midnight + (15 * 60_000) + 7)], new OracleTimes());

        Assert.Multiple(() =>
        {
            Assert.That(verdict.Windows.ToDictionary(pair => (pair.Key.StartMs - midnight) / 60_000, pair => pair.Value.ReadingCount), Is.EqualTo(new Dictionary<long, long>
            {
                [-4] = 1,
                [-3] = 1,
                [-2] = 1,
                [-1] = 1,
                [0] = 2,
            }));
            Assert.That(verdict.Late, Is.EqualTo(new Dictionary<LogPlace, long> { [new LogPlace(0, 2)] = 7 }));
            Assert.That(verdict.LateByRaise, Is.EqualTo(new Dictionary<LogPlace, long> { [new LogPlace(0, 2)] = midnight + (15 * 60_000) + 7 }));
            Assert.That(verdict.WatermarkMs, Is.EqualTo(midnight + (15 * 60_000) + 7));
        });
    }

    private static GoldenWindow AsGolden(string type, OracleWindow window)
        => new(
            window.ReadingCount,
            OracleCatalogue.Types[type]
                .Select(metric => (metric.Name, Figures: window.Metric(metric.Name)))
                .Where(metric => metric.Figures is not null)
                .ToDictionary(metric => metric.Name, metric => new GoldenMetric(metric.Figures!.Value.Count, metric.Figures.Value.Sum, metric.Figures.Value.Min, metric.Figures.Value.Max)));
}
