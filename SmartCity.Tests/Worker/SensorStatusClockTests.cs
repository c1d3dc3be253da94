using System.Globalization;
using System.Text;

using SmartCity.Domain;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine.Testing;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Tests.Worker;

/// <summary>A sensor's state is told at most every ten seconds, by a clock that may be set back.</summary>
internal sealed class SensorStatusClockTests
{
    [Test]
    public void A_clock_that_is_set_back_holds_no_sensor_up()
    {
        TimeWindows windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)).AdvanceBy(TimeSpan.FromMinutes(1));
        using var driver = new TopologyTestDriver(CityTopology.Build(windows, new ReadingRules()));
        Say(driver, "12:00:00");
        Assert.That(driver.Read(Topics.SensorStatus), Has.Count.EqualTo(1));

        Say(driver, "12:00:01");
        Assert.That(driver.Read(Topics.SensorStatus), Is.Empty, "ten seconds have not passed");

        driver.AdvanceWallClock(TimeSpan.FromMinutes(-5));
        driver.Commit();
        Assert.That(driver.Read(Topics.SensorStatus), Has.Count.EqualTo(1), "what waited is told now, not in five minutes");

        Say(driver, "12:00:02");
        driver.AdvanceWallClock(TimeSpan.FromSeconds(11));
        driver.Commit();
        Assert.That(driver.Read(Topics.SensorStatus), Has.Count.EqualTo(1), "the clock that was set back counts from now on");
    }

    private static void Say(TopologyTestDriver driver, string time)
    {
        byte[] reading = Encoding.UTF8.GetBytes(
            $$$"""{"sensor_id":"s","sensor_type":"energy","city":"c","timestamp":"2026-01-01T{{{time}}}Z","metrics":{"voltage":230}}""");
        driver.Pipe(Topics.Sensors, null, reading, DateTimeOffset.Parse("2026-01-01T13:00:00Z", CultureInfo.InvariantCulture).ToUnixTimeMilliseconds());
        driver.Commit();
    }
}
