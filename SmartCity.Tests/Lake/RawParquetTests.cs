using System.Globalization;
using System.Text;

using SmartCity.Domain.Lake;

namespace SmartCity.Tests.Lake;

internal sealed class RawParquetTests
{
    private LakeFolder _lake = null!;

    [SetUp]
    public void MakeLake() => _lake = new LakeFolder();

    [TearDown]
    public void RemoveLake() => _lake.Dispose();

    [Test]
    public async Task DuckDB_reads_every_column_of_a_reading()
    {
        const string Payload = """
            {"sensor_id":"AQ-1","sensor_type":"air_quality","city":"Łódź","district":"Wola","timestamp":"2026-01-15T15:03:27.5129+01:00","location":{"lat":52.25,"lon":-21.5},
             "metrics":{"pm25":{"value":18.4,"unit":"µg/m³"},"co2":417,"ozone":{"deep":[1,2]}},"firmware":"2.1-😀"}
            """;
        await _lake.PutAsync(await RawBatch.ObjectsAsync(RawBatch.Of([Payload])));

        var row = _lake.Query("""
            SELECT sensor_id, district, strftime(timestamp, '%Y-%m-%dT%H:%M:%S.%g'), strftime(received_at, '%Y-%m-%dT%H:%M:%S.%g'), lat, lon, pm25, pm10, no2, co2, temperature, humidity,
                payload, kafka_partition, kafka_offset, sensor_type, city, year, month, day, hour, payload->>'firmware'
            FROM {raw:air_quality}
            """).Single();
        Assert.That(row, Is.EqualTo(new[]
        {
            "AQ-1", "Wola", "2026-01-15T14:03:27.512", "2027-01-15T08:00:00.000", "52.25", "-21.5", "18.4", null, null, "417", null, null,
            Payload, "3", "100", "air_quality", "Łódź", "2026", "1", "15", "14", "2.1-😀",
        }));
    }

    [Test]
    public async Task Types_are_those_that_the_documentation_promises()
    {
        await _lake.PutAsync(await RawBatch.ObjectsAsync(RawBatch.Of([RawBatch.Weather("W-1", "15", "2026-01-15T08:00:00Z", -3)])));
        var types = _lake.Query("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {raw:weather})").Select(r => $"{r[0]} {r[1]}");
        Assert.That(types, Is.EqualTo(new[]
        {
            "sensor_id VARCHAR", "district VARCHAR", "timestamp TIMESTAMP WITH TIME ZONE", "received_at TIMESTAMP WITH TIME ZONE", "lat DOUBLE", "lon DOUBLE",
            "temperature DOUBLE", "humidity DOUBLE", "pressure DOUBLE", "wind_speed DOUBLE", "wind_direction DOUBLE", "precipitation DOUBLE",
            "payload VARCHAR", "kafka_partition INTEGER", "kafka_offset BIGINT",
            "city VARCHAR", "day INTEGER", "hour INTEGER", "month INTEGER", "sensor_type VARCHAR", "year INTEGER",
        }));
    }

    [Test]
    public async Task Filters_on_time_and_sensor_find_what_is_there()
    {
        // A reader skips row groups by the minima and maxima that the file states; so these must be right.
        var start = new DateTimeOffset(2026, 1, 15, 14, 0, 0, TimeSpan.Zero);
        var payloads = Enumerable.Range(0, 3_000).Select(i => RawBatch.Weather($"W-{i % 7}", "Warsaw", start.AddSeconds(i).ToString("O", CultureInfo.InvariantCulture), i / 100.0));
        await _lake.PutAsync(await RawBatch.ObjectsAsync(RawBatch.Of(payloads)));

        Assert.That(Count("timestamp >= '2026-01-15 14:10:00Z' AND timestamp < '2026-01-15 14:20:00Z'"), Is.EqualTo(600));
        Assert.That(Count("timestamp = '2026-01-15 14:00:07Z'"), Is.EqualTo(1));
        Assert.That(Count("received_at > '2027-01-01 00:00:00Z'"), Is.EqualTo(3_000));
        Assert.That(Count("sensor_id = 'W-3'"), Is.EqualTo(429).Or.EqualTo(428));
        Assert.That(Count("temperature BETWEEN 10 AND 19.995"), Is.EqualTo(1_000));
        Assert.That(Count("kafka_offset = 3099"), Is.EqualTo(1));
        Assert.That(Count("kafka_offset < 100 OR kafka_offset > 3099"), Is.Zero);
        Assert.That(Count("lat IS NULL AND district IS NULL"), Is.EqualTo(3_000));

        long Count(string where) => long.Parse(_lake.Query($"SELECT count(*) FROM {{raw:weather}} WHERE {where}").Single()[0]!, CultureInfo.InvariantCulture);
    }

    [Test]
    public async Task Rows_are_sorted_by_sensor_and_time_over_several_row_groups()
    {
        var random = new Random(1);
        var payloads = Enumerable.Range(0, 70_000).Select(i => RawBatch.Weather($"W-{random.Next(50):D2}", "Warsaw", $"2026-01-15T14:{random.Next(60):D2}:{random.Next(60):D2}Z", i % 60));
        await _lake.PutAsync(await RawBatch.ObjectsAsync(RawBatch.Of(payloads)));

        var rows = _lake.Query("SELECT sensor_id, epoch_ms(timestamp), kafka_offset FROM {raw:weather}");
        Assert.That(rows.Select(r => long.Parse(r[2]!, CultureInfo.InvariantCulture)).Order(), Is.EqualTo(Enumerable.Range(100, 70_000)));
        Assert.That(rows.Select(r => $"{r[0]} {r[1]}"), Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        Assert.That(_lake.Query($"SELECT count(DISTINCT row_group_id) FROM parquet_metadata('{_lake.Path}/**/*.parquet')").Single()[0], Is.EqualTo("2"));
    }

    [Test]
    public async Task Hostile_names_come_back_from_their_own_folder_as_they_were()
    {
        string[] cities = ["../../x", "a/b=c%25", "東京", "..", ".", "15", "08", "a'b\"c", "%2e%2e", "𝔘", "x y+z&", "NaN", "C:\\x", "[a]{b}#?*^", "-1e5", "true", "2026-01-01"];
        var batch = RawBatch.Of(cities.Select((city, i) => RawBatch.Weather($"S-{i}-{city}", city, "2026-01-15T08:00:00Z", i)));
        Assert.That(batch.Count, Is.EqualTo(cities.Length));
        await _lake.PutAsync(await RawBatch.ObjectsAsync(batch));

        var files = Directory.GetFiles(_lake.Path, "*", SearchOption.AllDirectories);
        Assert.That(files, Has.Length.EqualTo(cities.Length));
        foreach (var file in files)
        {
            var parts = Path.GetRelativePath(_lake.Path, file).Split('/');
            Assert.That(parts, Has.Length.EqualTo(8), file);
            Assert.That((parts[0], parts[1], parts[3..7], parts[7]),
                Is.EqualTo(("raw-data", "sensor_type=weather", new[] { "year=2026", "month=01", "day=15", "hour=08" }, "sensors-3-00000000000000000100.parquet")));
        }

        var rows = _lake.Query("SELECT city, sensor_id, temperature FROM {raw:weather} ORDER BY temperature");
        Assert.That(rows.Select(r => r[0]), Is.EqualTo(cities));
        Assert.That(rows.Select(r => r[1]), Is.EqualTo(cities.Select((city, i) => $"S-{i}-{city}")));
    }

    [Test]
    public async Task The_same_batch_gives_the_same_bytes_and_invalid_records_leave_no_trace()
    {
        string[] payloads =
        [
            RawBatch.Weather("b", "Warsaw", "2026-01-15T08:59:59.999Z", 1), RawBatch.Weather("a", "Warsaw", "2026-01-15T08:00:00Z", 2), "{", RawBatch.Weather("a", "Warsaw", "2026-01-15T08:00:00Z", 2),
            RawBatch.Weather("a", "Kraków", "2026-01-15T09:00:00Z", 3), RawBatch.Weather("a", "Warsaw", "1969-12-31T23:59:59.999Z", 4), RawBatch.Weather("c", "Warsaw", "2026-01-15T08:00:00Z", 999),
        ];
        var once = await RawBatch.ObjectsAsync(RawBatch.Of(payloads));
        var again = await RawBatch.ObjectsAsync(RawBatch.Of(payloads));

        Assert.That(once.Keys, Is.EqualTo(again.Keys));
        Assert.That(once.Values, Is.EqualTo(again.Values));
        Assert.That(once.Keys, Is.EqualTo(new[]
        {
            "raw-data/sensor_type=weather/city=Kraków/year=2026/month=01/day=15/hour=09/sensors-3-00000000000000000100.parquet",
            "raw-data/sensor_type=weather/city=Warsaw/year=1969/month=12/day=31/hour=23/sensors-3-00000000000000000100.parquet",
            "raw-data/sensor_type=weather/city=Warsaw/year=2026/month=01/day=15/hour=08/sensors-3-00000000000000000100.parquet",
        }));
        await _lake.PutAsync(once);
        var rows = _lake.Query("SELECT kafka_offset, payload FROM {raw:weather} ORDER BY 1");
        Assert.That(rows.Select(r => r[0]), Is.EqualTo(new[] { "100", "101", "103", "104", "105" }));
        Assert.That(rows.Select(r => r[1]), Is.EqualTo(new[] { payloads[0], payloads[1], payloads[3], payloads[4], payloads[5] }));
    }

    [Test]
    public async Task In_JSON_each_reading_is_an_object_and_two_of_one_sensor_and_time_both_stay()
    {
        var twice = RawBatch.Weather("a/b", "Warsaw", "2026-01-15T08:00:00.5Z", 2);
        var objects = await RawBatch.ObjectsAsync(RawBatch.Of([twice, "{", twice, RawBatch.Weather("c", "Warsaw", "2026-01-15T08:00:00Z", 1)], LakeFormat.Json));

        const string Folder = "raw-data/sensor_type=weather/city=Warsaw/year=2026/month=01/day=15/hour=08/";
        Assert.That(objects.Keys, Is.EqualTo(new[]
        {
            Folder + "a%2Fb_20260115T080000.500Z_3-100.json", Folder + "a%2Fb_20260115T080000.500Z_3-102.json", Folder + "c_20260115T080000.000Z_3-103.json",
        }));
        Assert.That(objects.Values.Take(2).Select(Encoding.UTF8.GetString), Is.EqualTo(new[] { twice, twice }));
    }

    [Test]
    public async Task The_largest_reading_and_the_longest_names_fit()
    {
        var name = new string('/', 66);
        var large = RawBatch.Weather(name, name, "2026-01-15T08:00:00Z", 1, $",\"blob\":\"{new string('x', 1_048_000)}\"");
        foreach (var format in new[] { LakeFormat.Parquet, LakeFormat.Json })
        {
            var batch = RawBatch.Of([large, RawBatch.Weather("a", "b", "2026-01-15T08:00:00Z", 1), large], format);
            Assert.That(batch.Count, Is.EqualTo(3));
            await _lake.PutAsync(await RawBatch.ObjectsAsync(batch));
        }

        var rows = _lake.Query("SELECT city, payload FROM {raw:weather} WHERE sensor_id <> 'a'");
        Assert.That(rows, Has.Count.EqualTo(2));
        Assert.That(rows, Is.All.EqualTo(new[] { name, large }));
    }
}
