using System.Globalization;
using System.Text;

using SmartCity.Domain;
using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine.Testing;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Tests.Worker;

/// <summary>Window tasks say how far they are, also those whose cities have all fallen silent.</summary>
internal sealed class TaskProgressTests
{
    private const int Tasks = 3;

    [Test]
    public void Every_window_task_tells_its_watermark_when_it_has_sent_all_final_rows_before_it()
    {
        using var driver = Driver();
        Say(driver, "Warsaw", "12:00:00");
        _ = Told(driver);
        driver.AdvanceWallClock(TimeSpan.FromSeconds(10));
        Say(driver, "Warsaw", "12:30:30");
        var told = Told(driver);
        Assert.Multiple(() =>
        {
            Assert.That(told.Select(one => one.Task).Order(), Is.EqualTo(Enumerable.Range(0, Tasks)), "each of them, whether or not a city is its own");
            Assert.That(told.Select(one => (one.Tasks, one.WatermarkMs)), Has.All.EqualTo((Tasks, At("12:30:30"))));
            Assert.That(driver.Read(Topics.Aggregates).Select(row => AggregateRow.ParseJson(row.Value)).Count(row => row.IsFinal), Is.EqualTo(5), "the five windows of noon");
        });
    }

    [Test]
    public void It_is_told_at_most_every_ten_seconds_and_only_when_a_minute_has_passed_in_the_stream()
    {
        using var driver = Driver();
        Say(driver, "Warsaw", "12:00:00");
        Assert.That(Told(driver), Has.Count.EqualTo(Tasks));
        Say(driver, "Warsaw", "12:05:00");
        Assert.That(Told(driver), Is.Empty, "ten seconds have not passed");
        driver.AdvanceWallClock(TimeSpan.FromSeconds(10));
        Say(driver, "Warsaw", "12:05:01");
        Assert.That(Told(driver), Has.Count.EqualTo(Tasks));
        driver.AdvanceWallClock(TimeSpan.FromSeconds(10));
        Say(driver, "Warsaw", "12:05:30");
        Assert.That(Told(driver), Is.Empty, "it is still the same minute");
    }

    [Test]
    public void A_type_and_city_is_the_tasks_that_sends_its_rows()
    {
        using var driver = Driver();
        foreach (string city in (string[])["Warsaw", "Łódź", "Gdańsk", "Zielona Góra", "Xanten", "Berlin"])
        {
            Say(driver, city, "12:00:00");
            int task = driver.Read("test-partials").Single(block => block.Value.AsSpan().IndexOf(Encoding.UTF8.GetBytes(city)) >= 0).Partition;
            Assert.That(GroupKeySerde.TaskOf(SensorType.Energy, city, Tasks), Is.EqualTo(task), city);
        }
    }

    private static TopologyTestDriver Driver()
    {
        TimeWindows windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)).AdvanceBy(TimeSpan.FromMinutes(1));
        return new TopologyTestDriver(CityTopology.Build(windows, new ReadingRules()), new TestDriverOptions { RepartitionPartitions = Tasks });
    }

    private static List<TaskProgress> Told(TopologyTestDriver driver)
        => [.. driver.Read(Topics.Quality).Select(record => ReadingCounts.ParseJson(record.Value).Progress).OfType<TaskProgress>()];

    private static void Say(TopologyTestDriver driver, string city, string time)
    {
        byte[] reading = Encoding.UTF8.GetBytes(
            $$$"""{"sensor_id":"s","sensor_type":"energy","city":"{{{city}}}","timestamp":"2026-01-01T{{{time}}}Z","metrics":{"voltage":230}}""");
        driver.Pipe(Topics.Sensors, null, reading, At("13:00:00"));
        driver.Commit();
    }

    private static long At(string time) => DateTimeOffset.Parse($"2026-01-01T{time}Z", CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
