using System.Globalization;
using System.Text.Json;

using SmartCity.Domain.Configuration;
using SmartCity.Streams.Sinks.Database;
using SmartCity.Tests.Lake;

namespace SmartCity.Tests.Api;

/// <summary>What the API says of a bucket is what DuckDB, which knows nothing of windows, works out from the raw readings in the lake.</summary>
[TestFixture(DatabaseProvider.Sqlite)]
[TestFixture(DatabaseProvider.Postgres)]
internal sealed class RollUpAgainstTheLakeTests(DatabaseProvider provider)
{
    private static readonly Dictionary<string, string[]> Metrics = new()
    {
        ["air-quality"] = ["pm25", "pm10", "no2", "co2", "temperature", "humidity"],
        ["traffic"] = ["vehicle_count", "average_speed", "congestion_level"],
        ["parking"] = ["total_spots", "occupied_spots", "available_spots", "occupancy_rate"],
        ["weather"] = ["temperature", "humidity", "pressure", "wind_speed", "wind_direction", "precipitation"],
        ["energy"] = ["power_consumption", "voltage", "current", "power_factor"],
    };

    private readonly LakeFolder _lake = new();

    private ApiUnderTest _api = null!;

    [OneTimeSetUp]
    public async Task Record()
    {
        _api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(provider));
        await using IDatabaseWriter writer = provider == DatabaseProvider.Sqlite
            ? new SqliteWriter(_api.Database.ConnectionString, "postgres", false)
            : new PostgresWriter(_api.Database.ConnectionString, "postgres", false);
        await RecordedWeekend.WriteAsync(_lake, writer);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _api.DisposeAsync();
        _lake.Dispose();
    }

    [Test]
    public Task Hours_of_every_type_hold_what_the_lake_does([Values("air-quality", "traffic", "parking", "weather", "energy")] string type, [Values] bool byDistrict)
        => AreEqualAsync(type, byDistrict, "1h", "", "time_bucket(INTERVAL '1 hour', timestamp)", "2026-03-28T20:00:00Z", "2026-03-30T02:00:00Z", atLeast: 50);

    [TestCase("5m", "5 minutes", 40)]
    [TestCase("15m", "15 minutes", 30)]
    [TestCase("6h", "6 hours", 10)]
    public Task Buckets_of_every_width_do(string resolution, string width, int atLeast)
        => AreEqualAsync("weather", false, resolution, "", $"time_bucket(INTERVAL '{width}', timestamp)", "2026-03-28T18:00:00Z", "2026-03-30T06:00:00Z", atLeast);

    [TestCase("UTC")]
    [TestCase("Europe/Warsaw")]
    [TestCase("Asia/Kathmandu")]
    [TestCase("America/St_Johns")]
    public Task Days_do_wherever_their_midnight_is(string zone)
        => AreEqualAsync("energy", true, "1d", $"&tz={zone}", $"date_trunc('day', timestamp AT TIME ZONE '{zone}') AT TIME ZONE '{zone}'", "2026-03-27T00:00:00Z", "2026-04-01T00:00:00Z", atLeast: 8);

    [Test]
    public async Task The_day_on_which_clocks_go_forward_has_twenty_three_hours_of_readings()
    {
        var day = (await _api.JsonAsync("/query/energy?city=Warsaw&resolution=1d&tz=Europe/Warsaw&from=2026-03-28T23:00:00Z&to=2026-03-28T23:01:00Z")).GetProperty("results")[0];
        long inTheLake = long.Parse(
            _lake.Query("SELECT count(*) FROM {raw:energy} WHERE city = 'Warsaw' AND timestamp >= '2026-03-28 23:00:00+00' AND timestamp < '2026-03-29 22:00:00+00'").Single()[0]!,
            CultureInfo.InvariantCulture);
        Assert.Multiple(() =>
        {
            Assert.That(day.GetProperty("window_end").GetString(), Is.EqualTo("2026-03-29T22:00:00Z"));
            Assert.That(day.GetProperty("reading_count").GetInt64(), Is.EqualTo(inTheLake).And.GreaterThan(1000));
            Assert.That(day.GetProperty("is_final").GetBoolean(), Is.True);
        });
    }

    [TestCase("2026-03-29T08:20:00Z", "2026-03-29T10:35:00Z")]
    [TestCase("2026-03-29T08:59:59.999Z", "2026-03-29T10:00:00.001Z")]
    public Task A_range_that_cuts_through_buckets_takes_them_whole(string from, string to)
        => AreEqualAsync("traffic", false, "1h", "", "time_bucket(INTERVAL '1 hour', timestamp)", from, to, atLeast: 6, "2026-03-29T08:00:00Z", "2026-03-29T11:00:00Z");

    /// <summary>Compares every bucket and every figure of a range, whose buckets begin and end as <paramref name="first"/> and <paramref name="last"/> say where from and to do not.</summary>
    private async Task AreEqualAsync(
        string type, bool byDistrict, string resolution, string more, string bucket, string from, string to, int atLeast, string? first = null, string? last = null)
    {
        var expected = FromTheLake(type, byDistrict, bucket, first ?? from, last ?? to);
        var actual = await FromTheApiAsync($"/query/{type}?resolution={resolution}{more}&from={from}&to={to}&limit=10000{(byDistrict ? "&district=*" : "")}");
        Assert.That(expected, Has.Count.GreaterThanOrEqualTo(atLeast));
        Assert.That(actual.Keys, Is.EquivalentTo(expected.Keys));
        Assert.That(expected.SelectMany(pair => Differences(pair.Key, pair.Value, actual[pair.Key])).Take(10), Is.Empty);
    }

    private async Task<Dictionary<string, JsonElement>> FromTheApiAsync(string path)
    {
        var answer = await _api.JsonAsync(path);
        Assert.That(answer.GetProperty("next_cursor").ValueKind, Is.EqualTo(JsonValueKind.Null), "all on one page");
        return answer.GetProperty("results").EnumerateArray()
            .ToDictionary(row => $"{row.GetProperty("window_start").GetString()}|{row.GetProperty("city").GetString()}|{row.GetProperty("district").GetString()}");
    }

    private Dictionary<string, Dictionary<string, double?>> FromTheLake(string type, bool byDistrict, string bucket, string from, string to)
    {
        var figures = new List<(string Column, string Sql)> { ("reading_count", "count(*)") };
        foreach (string metric in Metrics[type])
        {
            string stem = metric switch { "average_speed" => "speed", "congestion_level" => "congestion", _ => metric };
            figures.Add(("count_" + stem, $"count({metric})"));
            if (metric == "wind_direction")
            {
                figures.Add(("avg_" + stem, $"degrees(atan2(avg(sin(radians({metric}))), avg(cos(radians({metric})))))"));
                figures.Add(("consistency_" + stem, $"sqrt(avg(sin(radians({metric}))) ** 2 + avg(cos(radians({metric}))) ** 2)"));
                continue;
            }

            figures.AddRange([("avg_" + stem, $"avg({metric})"), ("min_" + stem, $"min({metric})"), ("max_" + stem, $"max({metric})"), ("stddev_" + stem, $"stddev_samp({metric})")]);
            if (metric is "vehicle_count" or "precipitation")
            {
                figures.Add(("sum_" + stem, $"sum({metric})"));
            }
        }

        string district = byDistrict ? "district" : "''";
        var rows = _lake.Query($$"""
            WITH readings AS (SELECT *, {{bucket}} AS bucket FROM {raw:{{type.Replace('-', '_')}}})
            SELECT strftime(bucket, '%Y-%m-%dT%H:%M:%SZ'), city, {{district}}, {{string.Join(", ", figures.Select(figure => figure.Sql))}}
            FROM readings WHERE bucket >= '{{from}}'::TIMESTAMPTZ AND bucket < '{{to}}'::TIMESTAMPTZ {{(byDistrict ? "AND district <> ''" : "")}}
            GROUP BY ALL
            """);
        return rows.ToDictionary(
            row => $"{row[0]}|{row[1]}|{row[2]}",
            row => figures.Select((figure, index) => (figure.Column, row[3 + index])).ToDictionary(
                pair => pair.Column, pair => pair.Item2 is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : (double?)null));
    }

    private static IEnumerable<string> Differences(string key, Dictionary<string, double?> expected, JsonElement actual)
    {
        foreach (var (column, value) in expected)
        {
            double? told = actual.GetProperty(column) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;
            double difference = Math.Abs((told ?? 0) - (value ?? 0));
            if (column == "avg_wind_direction")
            {
                difference = Math.Min(difference % 360, 360 - (difference % 360));
            }

            if (told is null != value is null || difference > 1e-8 * Math.Max(1, Math.Abs(value ?? 0)))
            {
                yield return $"{key} has {column} {told}, not {value}";
            }
        }

        bool isOver = actual.GetProperty("window_end").GetDateTimeOffset() + TimeSpan.FromMinutes(10) <= RecordedWeekend.Watermark;
        if (actual.GetProperty("is_final").GetBoolean() != isOver)
        {
            yield return $"{key} is final: {!isOver}";
        }
    }
}
