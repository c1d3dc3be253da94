using SmartCity.Domain;
using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;
using SmartCity.Simulator.City;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine.Testing;
using SmartCity.Streams.Engine.Windows;
using SmartCity.Streams.Kafka;
using SmartCity.Streams.Sinks.Database;
using SmartCity.Streams.Sinks.Lake;
using SmartCity.Tests.Lake;
using SmartCity.Tests.Simulator;

namespace SmartCity.Tests.Api;

/// <summary>
/// The night in which Warsaw's clocks go forward, and the day before and after it: readings of two cities, some late, some doubled, some faulty, as the lake keeps
/// them and as the topology makes windows of them. (None is so late that it counts in no aligned window, so the lake holds what the windows count.)
/// </summary>
internal static class RecordedWeekend
{
    /// <summary>Twenty-seven hours: Warsaw's 29 March 2026, which has twenty-three of them, lies wholly inside.</summary>
    private static readonly DateTimeOffset Start = new(2026, 3, 28, 21, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Length = TimeSpan.FromHours(27);

    /// <summary>How far the stream has come when all is read.</summary>
    public static readonly DateTimeOffset Watermark = (Start + Length).AddMinutes(20);

    private static readonly SourceLog Log = new("cluster", Topics.Aggregates, "topic");

    /// <summary>Writes the readings to a lake, and every version of every row to a database, as the sinks do.</summary>
    public static async Task WriteAsync(LakeFolder lake, IDatabaseWriter writer)
    {
        var city = new CityOptions
        {
            Start = Start,
            Rate = 0.4,
            Sensors = 60,
            Cities = [Atlas.Find("Warsaw")!, Atlas.Find("Kraków")!],
            Seed = 29,
            LateFraction = 0.05,
            LateMax = TimeSpan.FromMinutes(9),
            FaultFraction = 0.01,
            DuplicateFraction = 0.01,
            SilentFraction = 0.05,
        };
        var windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)).AdvanceBy(TimeSpan.FromMinutes(1));
        using var driver = new TopologyTestDriver(CityTopology.Build(windows, new ReadingRules()), new TestDriverOptions { InputPartitions = 2, RepartitionPartitions = 3 });
        var rows = new PartitionRows(Log, 0, (await writer.LoadAsync(Log, new Dictionary<int, long> { [0] = 0 }, default))[0]);
        var raw = new RawContent(Topics.Sensors, new ReadingRules(), LakeFormat.Parquet).NewRows(0);
        long offset = 0;
        foreach (var reading in Generated.From(city, Length))
        {
            driver.Pipe(Topics.Sensors, reading.Key, reading.Value, reading.DueUs / 1000);
            raw.Add(new SmartCity.Streams.Sinks.SinkRecord { Partition = new(Topics.Sensors, 0), Offset = offset++, TimestampMs = reading.DueUs / 1000, Value = reading.Value, IsTombstone = false });
            if (offset % 200 == 0)
            {
                driver.Commit();
                await StoreAsync();
            }
        }

        for (int partition = 0; partition < 2; partition++)
        {
            driver.RaiseStreamTime(Topics.Sensors, partition, Watermark.ToUnixTimeMilliseconds());
        }

        driver.Commit();
        await StoreAsync();
        Assert.That(driver.LateRecords, Is.Zero, "every reading of the lake counts somewhere");
        await lake.PutAsync(await RawBatch.ObjectsAsync(raw));

        async Task StoreAsync()
        {
            foreach (var row in driver.Read(Topics.Aggregates))
            {
                rows.Take(AggregateRow.ParseJson(row.Value!), rows.Next);
            }

            Assert.That(await writer.WriteAsync([rows], default), Is.True);
            rows.Written();
        }
    }
}
