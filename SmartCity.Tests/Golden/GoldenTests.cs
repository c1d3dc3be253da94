using SmartCity.Domain;
using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine.Testing;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Tests.Golden;

/// <summary>Every window of every recording equals Apache Kafka Streams' own, whatever the commits, the shuffle and the crashes.</summary>
internal sealed class GoldenTests
{
    private static readonly TimeWindows Windows =
        TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)).AdvanceBy(TimeSpan.FromMinutes(1));

    /// <summary>Later than every event time, so that the rule on clocks that run ahead never applies, as in the golden run.</summary>
    private static readonly long RecordTimestampMs = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    [TestCase("small-21", 1, 87, 171)]
    [TestCase("small-21", 4, 87, 158)]
    [TestCase("synthetic-11", 1, 489, 1149)]
    [TestCase("synthetic-11", 4, 489, 1064)]
    [TestCase("synthetic-12", 1, 502, 1140)]
    [TestCase("synthetic-12", 4, 502, 1045)]
    [TestCase("aarhus-2014", 1, 1160, 8)]
    [TestCase("aarhus-2014", 4, 1160, 8)]
    [TestCase("aberdeen-odd-days", 1, 3, 1704)]
    [TestCase("aberdeen-odd-days", 4, 3, 1704)]
    [TestCase("almeria-energy-1hz", 1, 0, 0)]
    [TestCase("almeria-energy-1hz", 4, 0, 0)]
    public void Every_window_equals_that_of_Kafka_Streams(string name, int partitions, int invalid, int late)
    {
        var readings = Recordings.Readings(name);
        using var driver = new TopologyTestDriver(CityTopology.Build(Windows, new ReadingRules()), new TestDriverOptions { InputPartitions = partitions, RepartitionPartitions = 3 });
        var rows = new Dictionary<string, byte[]>();
        var deadLetters = 0;
        var lateReadings = 0;
        var counted = 0L;
        var crashes = 0;
        var dice = new Random(partitions);

        foreach (var reading in readings)
        {
            driver.Pipe(Topics.Sensors, Recordings.SensorId(reading), reading, RecordTimestampMs);
            if (dice.Next(1000) == 0)
            {
                driver.Commit();
                Collect();
            }

            if (dice.Next(5000) == 0)
            {
                crashes++;
                driver.Crash();
            }
        }

        driver.Commit();
        Collect();

        var ours = rows.Values.Select(row => GoldenWindow.Read(row)).ToDictionary(pair => pair.Key, pair => pair.Window);
        var expected = Recordings.Windows(name, partitions).Select(line => GoldenWindow.Read(line)).ToDictionary(pair => pair.Key, pair => pair.Window);
        var differences = expected
            .Select(pair => ours.TryGetValue(pair.Key, out var window) ? pair.Value.Difference(window) is { } what ? $"{pair.Key}: {what}" : null : $"{pair.Key}: missing")
            .Concat(ours.Keys.Except(expected.Keys).Select(key => $"{key}: should not be"))
            .OfType<string>()
            .ToList();
        TestContext.Out.WriteLine($"{readings.Count} readings, {expected.Count} windows, {crashes} crashes");
        Assert.Multiple(() =>
        {
            Assert.That(differences, Is.Empty);
            Assert.That(deadLetters, Is.EqualTo(invalid), "dead letters");
            Assert.That(lateReadings, Is.EqualTo(late), "late readings");
            Assert.That(counted, Is.EqualTo(readings.Count - invalid), "valid readings counted");
            Assert.That(driver.PartialsForFinalWindows, Is.Zero);
        });

        void Collect()
        {
            counted += driver.Read(Topics.Quality).Sum(record => ReadingCounts.ParseJson(record.Value).Accepted.Sum());
            foreach (var row in driver.Read(Topics.Aggregates))
            {
                rows[row.KeyText] = row.Value!;
            }

            deadLetters += driver.Read(Topics.DeadLetters).Count;
            lateReadings += driver.Read(Topics.Late).Count;
        }
    }
}
