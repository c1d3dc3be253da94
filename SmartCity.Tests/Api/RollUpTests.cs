using System.Text.Json;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Api;

[TestFixture(DatabaseProvider.Sqlite)]
[TestFixture(DatabaseProvider.Postgres)]
internal sealed class RollUpTests(DatabaseProvider provider)
{
    private static readonly double[][] Values = [[10, 12], [14], [-3, 5, 400], [7, 7, 7, 8]];

    private ApiUnderTest _api = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(provider));
        var noon = Windows.Noon;

        // Four aligned windows of one hour, and sliding ones between them, which count the same readings again and must not be added.
        await _api.StoreAsync(SensorType.Energy, Values.Select((values, index) => Windows.Of(SensorType.Energy, "Warsaw", "", noon.AddMinutes(15 * index), isFinal: true).With("voltage", values)));
        await _api.StoreAsync(SensorType.Energy, Windows.Of(SensorType.Energy, "Warsaw", "", noon.AddMinutes(1)).With("voltage", [999]));
        await _api.StoreAsync(SensorType.Energy, Windows.Of(SensorType.Energy, "Warsaw", "", noon.AddMinutes(60)).With("voltage", [1]));

        // 23 March is the day before, 29 March 2026 the day on which Warsaw's clocks go forward; 25 October the one on which they go back.
        foreach (var day in (DateTime[])[new(2026, 3, 28, 23, 0, 0, DateTimeKind.Utc), new(2026, 10, 24, 22, 0, 0, DateTimeKind.Utc)])
        {
            await _api.StoreAsync(SensorType.Parking, Enumerable.Range(-1, 27).Select(hour => Windows.Of(SensorType.Parking, "Warsaw", "", day.AddHours(hour))));
        }

        await _api.StoreAsync(SensorType.Weather, Wind(noon, 2, 350, 1), Wind(noon.AddMinutes(5), 2, 10, 1));
        await _api.StoreAsync(SensorType.Traffic,
            from window in Enumerable.Range(0, 36)
            from city in (string[])["Aarhus", "Bonn", "Ålesund"]
            select Windows.Of(SensorType.Traffic, city, "", noon.AddMinutes(5 * window)));
        await _api.StoreAsync(new StreamProgressEntity { SensorType = "energy", City = "Warsaw", Watermark = noon.AddMinutes(70), ProcessingTime = noon });

        // Of the first city everything has arrived; the second's window task is behind; of the third one window's last version is missing.
        await _api.StoreAsync(SensorType.AirQuality,
            from city in (string[])["Ahead", "Behind", "Open"]
            from window in Enumerable.Range(0, 12)
            select Windows.Of(SensorType.AirQuality, city, "", noon.AddMinutes(5 * window), isFinal: city != "Open" || window != 7));
        await _api.StoreAsync(Progress("Ahead", 200), Progress("Behind", 65), Progress("Open", 200));

        object Progress(string city, int minutes) => new StreamProgressEntity { SensorType = "air_quality", City = city, Watermark = noon.AddMinutes(minutes), ProcessingTime = noon };
    }

    [OneTimeTearDown]
    public async Task Stop() => await _api.DisposeAsync();

    [Test]
    public async Task An_hour_has_the_figures_of_all_its_readings()
    {
        var hour = (await Rows("/query/energy?city=Warsaw&resolution=1h&metrics=voltage&from=2026-01-15T12:00:00Z&to=2026-01-15T13:00:00Z")).Single();
        double[] all = [.. Values.SelectMany(values => values)];
        double mean = all.Average();
        Assert.Multiple(() =>
        {
            Assert.That(hour.GetProperty("reading_count").GetInt64(), Is.EqualTo(all.Length));
            Assert.That(hour.GetProperty("count_voltage").GetInt64(), Is.EqualTo(all.Length));
            Assert.That(hour.GetProperty("avg_voltage").GetDouble(), Is.EqualTo(mean).Within(1e-9));
            Assert.That(hour.GetProperty("min_voltage").GetDouble(), Is.EqualTo(-3));
            Assert.That(hour.GetProperty("max_voltage").GetDouble(), Is.EqualTo(400));
            Assert.That(hour.GetProperty("stddev_voltage").GetDouble(), Is.EqualTo(Math.Sqrt(all.Sum(value => (value - mean) * (value - mean)) / (all.Length - 1))).Within(1e-9));
            Assert.That(hour.GetProperty("window_end").GetString(), Is.EqualTo("2026-01-15T13:00:00Z"));
        });
    }

    [Test]
    public async Task A_bucket_is_final_once_the_watermark_has_passed_its_end_and_grace()
    {
        // The watermark is 13:10, grace is ten minutes.
        var hours = await Rows("/query/energy?resolution=1h&order=asc&from=2026-01-15T12:00:00Z&to=2026-01-15T14:00:00Z");
        Assert.That(hours.Select(hour => hour.GetProperty("is_final").GetBoolean()), Is.EqualTo((bool[])[true, false]));
        Assert.That(await Rows("/query/energy?resolution=1h&final=true&from=2026-01-15T12:00:00Z&to=2026-01-15T14:00:00Z"), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_bucket_is_final_by_its_own_citys_watermark_and_windows()
    {
        const string Hour = "resolution=1h&from=2026-01-15T12:00:00Z&to=2026-01-15T13:00:00Z";
        var hours = await Rows("/query/air-quality?" + Hour);
        Assert.That(
            hours.Select(hour => (hour.GetProperty("city").GetString(), hour.GetProperty("is_final").GetBoolean())), Is.EqualTo([("Ahead", true), ("Behind", false), ("Open", false)]));

        foreach (var (city, isSettled) in ((string, bool)[])[("city=Ahead", true), ("city=Behind", false), ("city=Open", false), ("city=Ahead&city=Behind", false), ("city=Ahead&city=Nowhere", false)])
        {
            using var answer = await _api.Client.GetAsync($"/query/air-quality?{city}&{Hour}");
            Assert.That(answer.Headers.CacheControl?.MaxAge is not null, Is.EqualTo(isSettled), city);
        }
    }

    [Test]
    public async Task Hours_in_which_nothing_was_measured_have_no_row_and_are_final_by_the_watermark()
    {
        // The watermark of Ahead is 15:20: the hour that ends at 15:00 is over with its grace, though there is no reading in it.
        using var answer = await _api.Client.GetAsync("/query/air-quality?city=Ahead&resolution=1h&from=2026-01-15T13:00:00Z&to=2026-01-15T15:00:00Z");
        var body = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        Assert.Multiple(() =>
        {
            Assert.That(body.GetProperty("count").GetInt32(), Is.Zero);
            Assert.That(body.GetProperty("watermark").GetString(), Is.EqualTo("2026-01-15T15:20:00Z"));
            Assert.That(answer.Headers.CacheControl?.MaxAge, Is.EqualTo(TimeSpan.FromMinutes(5)));
        });
    }

    [Test]
    public async Task From_is_rounded_down_to_a_bucket_and_echoed()
    {
        var answer = await _api.JsonAsync("/query/energy?resolution=15m&from=2026-01-15T12:44:00Z&to=2026-01-15T13:00:00Z");
        Assert.That(answer.GetProperty("from").GetString(), Is.EqualTo("2026-01-15T12:30:00Z"));
        Assert.That(answer.GetProperty("count").GetInt32(), Is.EqualTo(2));
    }

    [TestCase("2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 23)]
    [TestCase("2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 25)]
    public async Task Days_follow_the_citys_clock(string within, string start, string end, int hours)
    {
        var day = (await Rows($"/query/parking?resolution=1d&tz=Europe/Warsaw&order=asc&limit=1&from={within}")).Single();
        Assert.Multiple(() =>
        {
            Assert.That(day.GetProperty("window_start").GetString(), Is.EqualTo(start));
            Assert.That(day.GetProperty("window_end").GetString(), Is.EqualTo(end));
            Assert.That(day.GetProperty("reading_count").GetInt64(), Is.EqualTo(10 * hours));
        });
    }

    [Test]
    public async Task Directions_on_both_sides_of_north_meet_in_the_north()
    {
        var bucket = (await Rows("/query/weather?resolution=15m&from=2026-01-15T12:00:00Z&to=2026-01-15T12:15:00Z")).Single();
        double direction = bucket.GetProperty("avg_wind_direction").GetDouble();
        Assert.That(Math.Min(direction, 360 - direction), Is.LessThan(1e-9));
        Assert.That(bucket.GetProperty("consistency_wind_direction").GetDouble(), Is.EqualTo(Math.Cos(double.DegreesToRadians(10))).Within(1e-12));
        Assert.That(bucket.GetProperty("avg_temperature").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [TestCase("asc")]
    [TestCase("desc")]
    public async Task Paging_over_buckets_walks_each_exactly_once(string order)
    {
        var seen = new List<string>();
        string cursor = "";
        do
        {
            var page = await _api.JsonAsync($"/query/traffic?resolution=15m&limit=5&order={order}&from=2026-01-15T00:00:00Z&to=2026-01-16T00:00:00Z{cursor}");
            seen.AddRange(page.GetProperty("results").EnumerateArray().Select(row => $"{row.GetProperty("window_start").GetString()} {row.GetProperty("city").GetString()} {row.GetProperty("reading_count").GetInt32()}"));
            cursor = page.GetProperty("next_cursor").GetString() is { } next ? "&cursor=" + next : "";
        }
        while (cursor.Length > 0);

        var starts = from bucket in Enumerable.Range(0, 12) select $"2026-01-15T{12 + (bucket / 4)}:{bucket % 4 * 15:00}:00Z";
        var expected = from start in order == "asc" ? starts : starts.Reverse()
                       from city in (string[])["Aarhus", "Bonn", "Ålesund"]
                       select $"{start} {city} 30";
        Assert.That(seen, Is.EqualTo(expected));
    }

    private async Task<JsonElement[]> Rows(string path) => [.. (await _api.JsonAsync(path)).GetProperty("results").EnumerateArray()];

    private static WindowEntity Wind(DateTime start, long count, double direction, double consistency)
    {
        var window = Windows.Of(SensorType.Weather, "Warsaw", "", start);
        window["count_wind_direction"] = count;
        window["avg_wind_direction"] = direction;
        window["consistency_wind_direction"] = consistency;
        return window;
    }
}
