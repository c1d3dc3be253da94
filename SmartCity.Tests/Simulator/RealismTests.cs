using System.Text;

using SmartCity.Domain.Readings;
using SmartCity.Simulator.City;

namespace SmartCity.Tests.Simulator;

/// <summary>Statistics over generated days: does the city behave like one? Hours are Warsaw's, one ahead of UTC in winter.</summary>
[TestFixture]
internal sealed class RealismTests
{
    private static readonly CityPlace Warsaw = Atlas.Find("Warsaw")!;

    private List<Reading> _week = null!;

    [OneTimeSetUp]
    public void GenerateAWinterWeek() => _week = Generated.Readings(
        Generated.Calm(Generated.Monday) with { Cities = [Warsaw], Sensors = 60, Rate = 0.5 }, TimeSpan.FromDays(7));

    [Test]
    public void Traffic_peaks_twice_on_a_workday_and_once_at_the_weekend()
    {
        var workday = ByHour(r => r.Type == SensorType.Traffic && Day(r) < 5, 0);
        var weekend = ByHour(r => r.Type == SensorType.Traffic && Day(r) >= 5, 0);

        Assert.Multiple(() =>
        {
            Assert.That(Peaks(workday), Is.EqualTo(new[] { 8, 17 }).Within(1));
            Assert.That(workday[12], Is.LessThan(0.7 * workday[8]).And.LessThan(0.7 * workday[17]));
            Assert.That(workday[3], Is.LessThan(0.25 * workday[12]));
            Assert.That(Peaks(weekend), Has.Length.EqualTo(1));
            Assert.That(weekend.Max(), Is.LessThan(workday.Max()));
        });
    }

    [Test]
    public void Roads_that_fill_slow_down()
    {
        var roads = _week.Where(r => r.Type == SensorType.Traffic).GroupBy(r => r.SensorId).ToList();

        Assert.That(roads.Select(r => Correlation(r.Select(x => x.Metrics.ValueOrZero(0)), r.Select(x => x.Metrics.ValueOrZero(1)))), Is.All.LessThan(-0.8));
    }

    [Test]
    public void Nitrogen_dioxide_follows_traffic()
    {
        var traffic = Hourly(SensorType.Traffic, 0);
        var dioxide = Hourly(SensorType.AirQuality, 2);

        Assert.That(Correlation(traffic, dioxide), Is.GreaterThan(0.7));
    }

    [Test]
    public void Wind_clears_the_air()
    {
        var dirt = Hourly(SensorType.AirQuality, 0);
        var traffic = Hourly(SensorType.Traffic, 0);
        var wind = Hourly(SensorType.Weather, 3);
        var nights = Enumerable.Range(0, dirt.Length).Where(i => traffic[i] < 15).ToList();

        Assert.That(Correlation(nights.Select(i => dirt[i]), nights.Select(i => wind[i])), Is.LessThan(-0.5));
    }

    [Test]
    public void Rain_washes_the_air()
    {
        var dry = Generated.Readings(Generated.Calm(Generated.Monday) with { Rate = 2 }, TimeSpan.FromHours(12));
        var storm = Generated.Readings(Generated.Calm(Generated.Monday) with { Rate = 2, Profile = Profile.Storm }, TimeSpan.FromHours(12));

        Assert.Multiple(() =>
        {
            Assert.That(Mean(storm, SensorType.Weather, 5), Is.GreaterThan(5));
            Assert.That(Mean(storm, SensorType.AirQuality, 0), Is.LessThan(0.5 * Mean(dry, SensorType.AirQuality, 0)));
        });
    }

    [Test]
    public void Garages_hold_no_more_than_they_have_spots_for_and_fill_on_workdays()
    {
        var parking = _week.Where(r => r.Type == SensorType.Parking).ToList();
        var occupancy = ByHour(r => r.Type == SensorType.Parking && Day(r) < 5, 3);

        Assert.Multiple(() =>
        {
            Assert.That(parking.Min(r => r.Metrics.ValueOrZero(1)), Is.Not.Negative);
            Assert.That(parking.Max(r => r.Metrics.ValueOrZero(1) - r.Metrics.ValueOrZero(0)), Is.LessThanOrEqualTo(0));
            Assert.That(parking.Max(r => Math.Abs(r.Metrics.ValueOrZero(1) + r.Metrics.ValueOrZero(2) - r.Metrics.ValueOrZero(0))), Is.Zero);
            Assert.That(parking.Max(r => Math.Abs(r.Metrics.ValueOrZero(3) - (100 * r.Metrics.ValueOrZero(1) / r.Metrics.ValueOrZero(0)))), Is.LessThan(0.0501));
            Assert.That(occupancy[11], Is.GreaterThan(occupancy[4] + 20));
        });
    }

    /// <summary>The cars that drive in and out are counted apart, as at a barrier, and the readings are held against the two counts.</summary>
    [Test]
    public void A_garage_never_holds_more_than_what_arrived_and_has_not_left()
    {
        var model = new CityModel(Generated.Calm(Generated.Monday) with { Cities = [Warsaw], Sensors = 60, Rate = 0.5 });
        var garages = model.Sensors.Where(sensor => sensor.Type == SensorType.Parking).ToDictionary(sensor => Encoding.UTF8.GetString(sensor.Key));
        var before = garages.ToDictionary(garage => garage.Key, garage => (garage.Value.CarsIn, garage.Value.CarsOut));
        var net = new double[24];
        var parser = new ReadingParser(new ReadingRules());
        int readings = 0;
        for (long endUs = (Generated.Monday + TimeSpan.FromDays(5)).ToUnixTimeMilliseconds() * 1000; model.NextDueUs < endUs;)
        {
            var emission = model.Next();
            if (!parser.TryParse(emission.Value, emission.EventMs, out var reading, out _) || reading.Type != SensorType.Parking)
            {
                continue;
            }

            var garage = garages[reading.SensorId];
            var (came, left) = before[reading.SensorId];
            double occupied = reading.Metrics.ValueOrZero(1);
            if (garage.CarsIn < came || garage.CarsOut < left || garage.CarsOut > garage.CarsIn || Math.Abs(occupied - (garage.CarsIn - garage.CarsOut)) > 0.5000001)
            {
                Assert.Fail($"{reading.SensorId}: {occupied} cars; {came} had come and {left} had left, now {garage.CarsIn} and {garage.CarsOut}");
            }

            net[Hour(reading)] += garage.CarsIn - came - (garage.CarsOut - left);
            before[reading.SensorId] = (garage.CarsIn, garage.CarsOut);
            readings++;
        }

        Assert.Multiple(() =>
        {
            Assert.That(readings, Is.GreaterThan(5_000));
            Assert.That(garages.Values.Min(garage => garage.CarsOut / garage.TotalSpots), Is.GreaterThan(2), "cars come and go all the week");
            Assert.That(net[7..10].Sum(), Is.GreaterThan(200), "in the morning more come than leave");
            Assert.That(net[16..19].Sum(), Is.LessThan(-200), "in the evening more leave than come");
        });
    }

    [Test]
    public void A_garage_changes_by_the_cars_that_come_and_go_not_by_leaps()
    {
        var garages = _week.Where(r => r.Type == SensorType.Parking).GroupBy(r => r.SensorId);
        var leaps = garages.SelectMany(g => g.Zip(g.Skip(1), (a, b) => Math.Abs(b.Metrics.ValueOrZero(3) - a.Metrics.ValueOrZero(3))));

        Assert.That(leaps.Max(), Is.LessThan(10));
    }

    [Test]
    public void It_takes_more_power_when_it_is_cold_and_at_supper()
    {
        var power = Hourly(SensorType.Energy, 0);
        var temperature = Hourly(SensorType.Weather, 0);
        var nights = Enumerable.Range(0, power.Length).Where(i => i % 24 is >= 0 and < 4).ToList();
        var day = ByHour(r => r.Type == SensorType.Energy, 0);

        Assert.Multiple(() =>
        {
            Assert.That(Correlation(nights.Select(i => power[i]), nights.Select(i => temperature[i])), Is.LessThan(-0.7));
            Assert.That(day[19], Is.GreaterThan(1.2 * day[3]));
        });
    }

    [Test]
    public void Current_is_power_over_voltage_and_power_factor()
    {
        var metrics = _week.Where(r => r.Type == SensorType.Energy).Select(r => r.Metrics);
        var differences = metrics.Select(m => Math.Abs(m.ValueOrZero(2) - (m.ValueOrZero(0) * 1000 / (m.ValueOrZero(1) * m.ValueOrZero(3)))));

        Assert.That(differences.Max(), Is.LessThan(0.00501));
    }

    [Test]
    public void Summer_is_warmer_than_winter_and_afternoon_than_night()
    {
        var july = Generated.Readings(
            Generated.Calm(new DateTimeOffset(2026, 7, 13, 0, 0, 0, TimeSpan.Zero)) with { Cities = [Warsaw], Rate = 0.1 }, TimeSpan.FromDays(7));
        var winter = ByHour(r => r.Type == SensorType.Weather, 0);

        Assert.Multiple(() =>
        {
            Assert.That(Mean(july, SensorType.Weather, 0), Is.InRange(13, 28));
            Assert.That(Mean(_week, SensorType.Weather, 0), Is.InRange(-12, 7));
            Assert.That(winter[15], Is.GreaterThan(winter[3] + 1));
        });
    }

    private static int Hour(Reading reading) => reading.Timestamp.AddHours(1).Hour;

    private static int Day(Reading reading) => (int)(reading.Timestamp.AddHours(1) - Generated.Monday).TotalDays;

    /// <summary>The mean of a metric for each hour of the day.</summary>
    private double[] ByHour(Func<Reading, bool> where, int metric) =>
        [.. Enumerable.Range(0, 24).Select(hour => _week.Where(r => where(r) && Hour(r) == hour).Average(r => r.Metrics.ValueOrZero(metric)))];

    /// <summary>The mean of a metric for each hour of the week.</summary>
    private double[] Hourly(SensorType type, int metric) =>
    [
        .. _week.Where(r => r.Type == type).GroupBy(r => (long)(r.Timestamp - Generated.Monday).TotalHours).OrderBy(g => g.Key)
            .Select(g => g.Average(r => r.Metrics.ValueOrZero(metric))),
    ];

    private static double Mean(List<Reading> readings, SensorType type, int metric) => readings.Where(r => r.Type == type).Average(r => r.Metrics.ValueOrZero(metric));

    /// <summary>The hours that are higher than both their neighbours and more than half as high as the highest.</summary>
    private static int[] Peaks(double[] day) =>
        [.. Enumerable.Range(0, 24).Where(h => day[h] > day[(h + 23) % 24] && day[h] > day[(h + 1) % 24] && day[h] > day.Max() / 2)];

    private static double Correlation(IEnumerable<double> first, IEnumerable<double> second)
    {
        var pairs = first.Zip(second).ToList();
        var (meanX, meanY) = (pairs.Average(p => p.First), pairs.Average(p => p.Second));
        var covariance = pairs.Sum(p => (p.First - meanX) * (p.Second - meanY));
        return covariance / Math.Sqrt(pairs.Sum(p => Math.Pow(p.First - meanX, 2)) * pairs.Sum(p => Math.Pow(p.Second - meanY, 2)));
    }
}
