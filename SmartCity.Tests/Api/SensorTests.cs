using System.Text.Json;
using System.Text.RegularExpressions;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Api;

[TestFixture(DatabaseProvider.Sqlite)]
[TestFixture(DatabaseProvider.Postgres)]
internal sealed partial class SensorTests(DatabaseProvider provider)
{
    private ApiUnderTest _api = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(provider));
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;

        // A garage that reports every half hour, and a busy sensor: each is judged by its own rhythm.
        await _api.StoreAsync(
            Sensor("garage-quiet", "parking", TimeSpan.FromMinutes(50), 1_800_000, now), Sensor("garage-late", "parking", TimeSpan.FromMinutes(100), 1_800_000, now),
            Sensor("garage-silent", "parking", TimeSpan.FromMinutes(301), 1_800_000, now), Sensor("busy-live", "traffic", TimeSpan.FromSeconds(10), 2_000, now),
            Sensor("busy-late", "traffic", TimeSpan.FromMinutes(5), 2_000, now), Sensor("busy-silent", "traffic", TimeSpan.FromMinutes(16), 2_000, now),
            Sensor("old", "weather", TimeSpan.FromDays(8), null, now), Sensor("new", "weather", TimeSpan.FromMinutes(1), null, now));
        var noon = Windows.Noon;
        await _api.StoreAsync(SensorType.Parking, Windows.Of(SensorType.Parking, "Warsaw", "", noon, isFinal: true), Windows.Of(SensorType.Parking, "Warsaw", "", noon.AddMinutes(1)),
            Windows.Of(SensorType.Parking, "Warsaw", "Wola", noon.AddMinutes(2)));
    }

    [OneTimeTearDown]
    public async Task Stop() => await _api.DisposeAsync();

    [TestCase("live", "busy-live,garage-quiet,new")]
    [TestCase("late", "busy-late,garage-late")]
    [TestCase("silent", "busy-silent,garage-silent")]
    [TestCase("gone", "old")]
    public async Task Each_is_judged_by_its_own_rhythm(string status, string expected)
        => Assert.That(Ids(await _api.JsonAsync("/sensors?status=" + status)), Is.EqualTo(expected.Split(',')));

    [Test]
    public async Task Paging_lists_each_once()
    {
        var seen = new List<string>();
        await foreach (var page in _api.PagesAsync("/sensors?limit=3"))
        {
            seen.AddRange(Ids(page));
        }

        Assert.That(seen, Is.EqualTo((string[])["busy-late", "busy-live", "busy-silent", "garage-late", "garage-quiet", "garage-silent", "new", "old"]));
    }

    [Test]
    public async Task One_sensor_has_its_place_and_latest_values()
    {
        var sensor = await _api.JsonAsync("/sensors/garage-quiet");
        Assert.Multiple(() =>
        {
            Assert.That(sensor.GetProperty("metrics").GetProperty("x").GetDouble(), Is.EqualTo(1.5));
            Assert.That(sensor.GetProperty("location").GetProperty("lat").GetDouble(), Is.EqualTo(52.2));
            Assert.That(sensor.GetProperty("interval_seconds").GetDouble(), Is.EqualTo(1800));
            Assert.That(sensor.GetProperty("status").GetString(), Is.EqualTo("live"));
        });
        await _api.ProblemAsync("/sensors/nobody", 404);
        await _api.ProblemAsync("/sensors/" + new string('x', 200), 404);
        await _api.ProblemAsync("/sensors?type=noise", 400);
    }

    [Test]
    public async Task Cities_have_their_districts_and_sensors_by_type()
    {
        var city = (await _api.JsonAsync("/cities")).GetProperty("cities").EnumerateArray().Single();
        Assert.That(city.GetProperty("districts").GetRawText(), Is.EqualTo("""["Wola"]"""));
        Assert.That(city.GetProperty("sensor_types").GetRawText(), Is.EqualTo("""{"parking":3,"traffic":3,"weather":2}"""));
        Assert.That(city.GetProperty("sensors").GetInt32(), Is.EqualTo(8));
    }

    [Test]
    public async Task Metrics_count_them_by_type_and_status()
    {
        string[] counted = [];
        await Eventually.IsTrueAsync(
            async () => (counted = [.. Counted().Matches(await _api.Client.GetStringAsync("/metrics")).Select(line => $"{line.Groups["type"]} {line.Groups["status"]} {line.Groups["count"]}")]).Length > 0,
            "sensors are counted");

        string[] others = ["air_quality", "energy"];
        Assert.That(counted, Is.EquivalentTo((string[])
        [
            "parking live 1", "parking late 1", "parking silent 1", "parking gone 0",
            "traffic live 1", "traffic late 1", "traffic silent 1", "traffic gone 0",
            "weather live 1", "weather late 0", "weather silent 0", "weather gone 1",
            .. others.SelectMany(type => (string[])[$"{type} live 0", $"{type} late 0", $"{type} silent 0", $"{type} gone 0"]),
        ]));
    }

    [Test]
    public async Task Latest_has_the_newest_and_the_newest_final_window_of_each_group()
    {
        var groups = (await _api.JsonAsync("/latest?type=parking&city=Warsaw")).GetProperty("results").EnumerateArray().ToList();
        Assert.That(groups.Select(group => group.GetProperty("district").GetString()), Is.EqualTo((string[])["", "Wola"]));
        Assert.That(groups[0].GetProperty("newest").GetProperty("window_start").GetString(), Is.EqualTo("2026-01-15T12:01:00Z"));
        Assert.That(groups[0].GetProperty("newest_final").GetProperty("window_start").GetString(), Is.EqualTo("2026-01-15T12:00:00Z"));
        Assert.That(groups[1].GetProperty("newest_final").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That((await _api.JsonAsync("/latest?city=Atlantis")).GetProperty("count").GetInt32(), Is.Zero);
    }

    [GeneratedRegex("""^smartcity_sensors\{[^}]*status="(?<status>\w+)",type="(?<type>\w+)"[^}]*\} (?<count>\d+)""", RegexOptions.Multiline)]
    private static partial Regex Counted();

    private static SensorEntity Sensor(string id, string type, TimeSpan age, long? intervalMs, DateTime now) => new()
    {
        SensorId = id,
        SensorType = type,
        City = "Warsaw",
        District = type == "parking" ? "Wola" : "",
        Latitude = 52.2,
        Longitude = 21,
        LastSeen = now - age,
        IntervalMs = intervalMs,
        Metrics = """{"x":1.5}""",
    };

    private static string[] Ids(JsonElement answer) => [.. answer.GetProperty("results").EnumerateArray().Select(sensor => sensor.GetProperty("sensor_id").GetString()!)];
}
