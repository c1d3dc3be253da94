using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

using Confluent.Kafka;

using Microsoft.Playwright;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;
using SmartCity.Tests.Api;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Pages;

/// <summary>The pages on the live data of an embedded platform, as somebody uses them.</summary>
internal sealed class LivePagesTests
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(60) };

    private Uri _city = null!;

    [OneTimeSetUp]
    public async Task Wait_for_the_city()
    {
        await Stage.BrowserAsync();
        _city = await Stage.CityAsync();
        await Eventually.IsTrueAsync(
            async () => (await JsonAsync("/query/air-quality?city=Warsaw&hours=1&limit=100")).GetProperty("count").GetInt32() > 20
                && (await JsonAsync("/cities")).GetProperty("cities").EnumerateArray().Sum(city => city.GetProperty("sensors").GetInt32()) > 90
                && (await JsonAsync("/sensors?status=live&limit=200")).GetProperty("count").GetInt32() > 80,
            "windows and live sensors are there",
            TimeSpan.FromMinutes(3));
    }

    [Test]
    public async Task The_overview_follows_the_readings_as_they_arrive()
    {
        await using var visit = await Visit.ToAsync(_city, "/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.UntilAsync("document.querySelectorAll('.card[data-type] canvas').length === 5");
        await visit.TextAsync("#rate", text => double.TryParse(text, CultureInfo.InvariantCulture, out double rate) && rate > 0, "tells a rate");
        await visit["[data-type=traffic] summary"].ClickAsync();
        string before = await visit["[data-type=traffic] tbody"].TextContentAsync() ?? "";
        await visit.TextAsync("[data-type=traffic] tbody", text => text != before, "changes while readings arrive");
    }

    [Test]
    public async Task Explore_shows_a_metric_of_a_city_as_chart_table_and_file()
    {
        await using var visit = await Visit.ToAsync(_city, "/ui/explore/");
        await visit["#metric"].SelectOptionAsync("energy/voltage");
        await visit["select[aria-label='Add a city']"].SelectOptionAsync("Warsaw");
        await visit["#range"].SelectOptionAsync("1");
        while (await visit[".chip:not(:has-text('Warsaw'))"].CountAsync() > 0)
        {
            await visit[".chip:not(:has-text('Warsaw'))"].First.ClickAsync();
        }

        await visit.TextAsync("#title", text => text == "Energy: Voltage", "names type and metric");
        await visit["#chart summary"].ClickAsync();
        await visit.UntilAsync("document.querySelectorAll('#chart tbody tr').length > 20 && document.querySelectorAll('#chart thead th').length === 2");
        Assert.That(visit.Page.Url, Does.Contain("metric=voltage").And.Contain("city=Warsaw").And.Contain("hours=1"));

        var download = await visit.Page.RunAndWaitForDownloadAsync(() => visit["#csv"].ClickAsync());
        string[] lines = await File.ReadAllLinesAsync(await download.PathAsync());
        Assert.Multiple(() =>
        {
            Assert.That(lines[0], Does.StartWith("window_start,").And.Contain("avg_voltage").And.Not.Contain("avg_current"));
            Assert.That(lines, Has.Length.GreaterThan(20));
            Assert.That(lines.Skip(1), Has.All.Contain("Warsaw"));
        });

        // What the table shows of a final window is what the API says of it.
        var final = (await JsonAsync("/query/energy?city=Warsaw&metrics=voltage&hours=1&final=true&limit=1")).GetProperty("results")[0];
        string clock = TimeZoneInfo.ConvertTime(final.GetProperty("window_start").GetDateTimeOffset(), TimeZoneInfo.FindSystemTimeZoneById("Europe/Warsaw")).ToString("HH:mm", CultureInfo.InvariantCulture);
        string mean = Math.Round(final.GetProperty("avg_voltage").GetDouble(), MidpointRounding.AwayFromZero).ToString(CultureInfo.InvariantCulture);
        Assert.That(await visit[$"#chart tbody tr:has(th:text-matches('{clock}$')) td"].First.TextContentAsync(), Does.StartWith(mean));
    }

    [Test]
    public async Task Explore_gives_its_question_as_a_command_and_keeps_it_in_its_address()
    {
        await using var visit = await Visit.ToAsync(_city, "/ui/explore/?type=weather&metric=pressure&city=Berlin&hours=2&resolution=5m");
        await visit.TextAsync("#title", text => text == "Weather: Pressure", "names type and metric");
        await visit["#curl button"].ClickAsync();
        await visit.TextAsync("#curl button", text => text == "Copied", "says that it copied");
        string curl = await visit.Page.EvaluateAsync<string>("navigator.clipboard.readText()");
        Assert.That(curl, Does.Match("^curl 'http://[^']+'$"));
        using var answer = JsonDocument.Parse(await Http.GetStringAsync(new Uri(curl[6..^1])));
        Assert.Multiple(() =>
        {
            Assert.That(answer.RootElement.GetProperty("aggregation_type").GetString(), Is.EqualTo("weather"));
            Assert.That(answer.RootElement.GetProperty("resolution").GetString(), Is.EqualTo("5m"));
            Assert.That(answer.RootElement.GetProperty("results").EnumerateArray().Select(row => row.GetProperty("city").GetString()).Distinct(), Is.EqualTo(new[] { "Berlin" }));
        });
    }

    [Test]
    public async Task The_map_lists_and_marks_the_sensors_of_a_city()
    {
        await using var visit = await Visit.ToAsync(_city, "/ui/map/");
        await visit.UntilAsync("document.querySelectorAll('.city-mark').length > 1 && document.querySelectorAll('path.country').length > 10");
        await visit["select[aria-label=City]"].SelectOptionAsync("Kraków");
        int count = (await JsonAsync("/sensors?city=Krak%C3%B3w&limit=1000")).GetProperty("count").GetInt32();
        await visit.TextAsync("#count", text => text == $"{count} sensors", $"counts {count}");
        await visit.UntilAsync($"document.querySelectorAll('.mark').length === {count}");
        await visit["#list button"].First.ClickAsync();
        string? id = await visit["#list button b"].First.TextContentAsync();
        await visit.TextAsync(".leaflet-popup .about b", text => text == id, "opens at the sensor");
        Assert.That(visit.Page.Url, Does.Contain($"sensor={id}"));
    }

    [Test]
    public async Task The_sensors_can_be_sorted_narrowed_down_and_looked_at()
    {
        await using var visit = await Visit.ToAsync(_city, "/ui/sensors/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.UntilAsync("document.querySelectorAll('#all tbody tr').length === 50");
        await visit["#all button.sort:has-text('City')"].ClickAsync();
        await visit["#all button.sort:has-text('City')"].ClickAsync();
        await visit.UntilAsync("document.querySelector('#all th[aria-sort=descending]')?.textContent.startsWith('City')");
        string[] cities = await visit.Page.EvalOnSelectorAllAsync<string[]>("#all td[data-name=City]", "cells => cells.map(cell => cell.textContent)");
        Assert.That(cities[0], Is.EqualTo("Wrocław"));
        await visit["input[type=search]"].FillAsync("TR-WAW");
        await visit.UntilAsync("[...document.querySelectorAll('#all tbody th')].every((cell) => cell.textContent.startsWith('TR-WAW'))");
        await visit["#all tbody th button"].First.ClickAsync();
        await visit.TextAsync("#one h2", text => text.StartsWith("TR-WAW", StringComparison.Ordinal), "shows the sensor");
        await visit.TextAsync("#one dl", text => text.Contains("km/h", StringComparison.Ordinal), "shows its latest reading");
        Assert.That(visit.Page.Url, Does.Contain("sensor=TR-WAW"));
    }

    [Test]
    public async Task A_sensor_shows_its_last_24_hours_from_the_lake()
    {
        await Eventually.IsTrueAsync(async () => (await JsonAsync("/sensors/WX-WAW-0001/readings")).GetProperty("count").GetInt32() > 5, "readings are in the lake");
        await using var visit = await Visit.ToAsync(_city, "/ui/sensors/?sensor=WX-WAW-0001&metric=pressure");
        await visit.UntilAsync("document.querySelectorAll('#one canvas').length === 1");
        await visit["#one summary"].ClickAsync();
        await visit.UntilAsync("document.querySelectorAll('#one tbody tr').length > 5");
        var oldest = (await JsonAsync("/sensors/WX-WAW-0001/readings?limit=10000")).GetProperty("results").EnumerateArray().First(one => one.GetProperty("metrics").TryGetProperty("pressure", out _));
        string pressure = Math.Round(oldest.GetProperty("metrics").GetProperty("pressure").GetDouble(), MidpointRounding.AwayFromZero).ToString("N0", CultureInfo.InvariantCulture);
        Assert.That(await visit["#one tbody tr td"].Last.TextContentAsync(), Is.EqualTo(pressure));
    }

    [Test]
    public async Task A_sensor_that_is_not_known_yet_appears_once_it_has_spoken()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        await api.StoreAsync(Sensor("known"));
        await using var visit = await Visit.ToAsync(api.Address, "/ui/sensors/?sensor=new", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.TextAsync("#one .failure", _ => true, "says that no such sensor is known");
        await api.StoreAsync(Sensor("new"));
        await visit.TextAsync("#one dd", text => text.StartsWith("live", StringComparison.Ordinal), "shows its state");
        await visit.UntilAsync("document.querySelectorAll('#one .failure').length === 0");

        object Sensor(string id) => new SensorEntity { SensorId = id, SensorType = "traffic", City = "Warsaw", District = "", LastSeen = now, IntervalMs = 600_000, Metrics = """{"average_speed":31}""" };
    }

    [Test]
    public async Task Quality_shows_why_records_were_refused_and_how_to_send_them_again()
    {
        await Eventually.IsTrueAsync(async () => (await JsonAsync("/quality/dead-letters?limit=20")).GetProperty("count").GetInt32() == 20, "there are dead letters");
        await using var visit = await Visit.ToAsync(_city, "/ui/quality/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.UntilAsync("document.querySelectorAll('#dead-letters tbody tr').length === 20");
        await visit["#dead-letters summary"].First.ClickAsync();
        await visit["#dead-letters pre"].First.WaitForAsync();
        await visit.TextAsync("#again code", text => text.Contains("smart-city-sensors.dead-letters", StringComparison.Ordinal) && text.Contains($"{_city}ingest", StringComparison.Ordinal), "names topic and address");
    }

    [Test]
    public async Task The_pipeline_shows_partitions_sinks_workers_and_the_lake()
    {
        await using var visit = await Visit.ToAsync(_city, "/ui/pipeline/");
        await visit.UntilAsync("document.querySelectorAll('#partitions tbody tr').length === 2");
        await visit.TextAsync("#sinks", text => text.Contains("Postgres", StringComparison.Ordinal) && text.Contains("Lake raw", StringComparison.Ordinal), "names the sinks");
        await visit.TextAsync("#workers-alive", text => text == "1", "counts the worker");
        await visit.TextAsync("#lake", text => text.Contains("Air quality", StringComparison.Ordinal), "tells what lies in the lake");
        await visit.TextAsync("#parts", text => text.Contains("Kafka", StringComparison.Ordinal) && !text.Contains("down", StringComparison.Ordinal), "says that every part is up");
    }

    [Test]
    public async Task When_the_api_is_lost_the_page_says_so_and_goes_on_when_it_is_back()
    {
        await using var door = new Doorway(_city);
        await using var visit = await Visit.ToAsync(door.Address, "/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.TextAsync("#status", text => text == "Live", "is live");
        await visit.UntilAsync("document.querySelectorAll('.card[data-type] canvas').length === 5");
        await door.ShutAsync();
        await visit.TextAsync("#banner:not([hidden])", text => text.StartsWith("The API does not answer.", StringComparison.Ordinal), "says that the API is away");
        await visit.TextAsync("#status", text => text == "No connection", "says it too");
        Assert.That(await visit[".card[data-type] canvas"].CountAsync(), Is.EqualTo(5), "what was there stays");
        door.Open();
        await visit.TextAsync("#status", text => text == "Live", "is live again");
        await visit.UntilAsync("document.getElementById('banner').hidden");
    }

    [Test]
    public async Task When_the_database_is_lost_the_page_says_so_keeps_what_it_shows_and_goes_on_when_it_is_back()
    {
        await using var postgres = await TestServers.OwnPostgresAsync();
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(postgres));
        await api.SeedAsync(TimeProvider.System.GetUtcNow().UtcDateTime);
        await using var visit = await Visit.ToAsync(api.Address, "/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.UntilAsync("document.querySelectorAll('.card[data-type] canvas').length === 5");
        await postgres.KillAsync();
        await visit.TextAsync("#status", text => text == "Database down", "says that the database is away");
        Assert.That(await visit[".card[data-type] canvas"].CountAsync(), Is.EqualTo(5), "what was there stays");
        Assert.That(await visit["#banner"].IsVisibleAsync(), Is.False, "the API is there");
        await postgres.StartAgainAsync();
        await visit.TextAsync("#status", text => text == "Kafka down", "has its database again"); // this API has no Kafka
    }

    [Test]
    public async Task Where_the_api_asks_for_a_key_the_page_asks_its_reader()
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData("let-me-see"u8));
        await using var api = await ApiUnderTest.StartAsync(
            await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ("Api:RequireKeyToRead", "true"), ("Api:Keys:0:Name", "reader"), ("Api:Keys:0:Scopes", "read"), ("Api:Keys:0:Sha256", hash));
        await api.SeedAsync(TimeProvider.System.GetUtcNow().UtcDateTime);
        await using var visit = await Visit.ToAsync(api.Address, "/ui/sensors/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.TextAsync("#status", text => text == "No live feed", "says that nothing comes by itself");
        await visit["input[type=password]"].FillAsync("let-me-see");
        await visit["form button"].ClickAsync();
        await visit.UntilAsync("document.querySelectorAll('#all tbody tr').length === 50");
        Assert.That(await visit["#banner"].IsVisibleAsync(), Is.False, "an API that refuses is not away");
    }

    [TestCase("/ui/?hours=x&anchor=nowhere", ".card[data-type] canvas")]
    [TestCase("/ui/?hours=5", ".card[data-type] canvas")]
    [TestCase("/ui/explore/?type=nope&metric=nope&hours=1e99&resolution=7m&band=maybe", "#chart canvas")]
    [TestCase("/ui/explore/?from=yesterday&to=x", "#chart canvas")]
    [TestCase("/ui/explore/?from=2026-01-15T14:00:00Z&to=2026-01-14T14:00:00Z", ".failure:has-text('must be before')")]
    [TestCase("/ui/map/?city=Nowhere&sensor=nobody&status=asleep", "path.country")]
    [TestCase("/ui/sensors/?sort=Nope&order=x&status=asleep&sensor=nobody", "#one .failure")]
    [TestCase("/ui/quality/?hours=x&reason=nope", ".failure:has-text('hours')")]
    public async Task An_address_that_asks_for_nonsense_breaks_no_page(string path, string isThere)
    {
        await using var visit = await Visit.ToAsync(_city, path, ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit[isThere].First.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        await visit.TextAsync("#status", text => text == "Live", "is live");
        await visit.Page.EvaluateAsync("new Promise((resolve) => { const feed = new EventSource('/live'); feed.addEventListener('window', () => { feed.close(); setTimeout(resolve, 500); }); })"); // what comes by itself breaks nothing either
    }

    [Test]
    public async Task A_hostile_name_is_a_name_and_nothing_more()
    {
        const string Name = "<img src=x onerror=\"document.title='owned'\">";
        var reading = new Dictionary<string, object>
        {
            ["sensor_id"] = "AQ-<b>BAD</b>-'\"&1",
            ["sensor_type"] = "air_quality",
            ["city"] = Name,
            ["district"] = Name,
            ["location"] = new { lat = 52.1, lon = 20.9 },
            ["timestamp"] = TimeProvider.System.GetUtcNow().ToString("o", CultureInfo.InvariantCulture),
            ["metrics"] = new { pm25 = 12.5 },
        };
        using var answer = await Http.PostAsJsonAsync(new Uri(_city, "/ingest"), reading);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync());
        await Eventually.IsTrueAsync(
            async () => (await JsonAsync("/query/air-quality?hours=1&city=" + Uri.EscapeDataString(Name))).GetProperty("count").GetInt32() > 0
                && (await JsonAsync("/sensors?city=" + Uri.EscapeDataString(Name))).GetProperty("count").GetInt32() > 0,
            "it is in the database");

        string search = "?city=" + Uri.EscapeDataString(Name);
        foreach (var (path, shows) in new[] { ("/ui/", ".chip"), ("/ui/explore/", ".chip"), ("/ui/map/", "#list button"), ("/ui/sensors/", "#all tbody td") })
        {
            await using var visit = await Visit.ToAsync(_city, path + search, ColorScheme.Light, expectsFailures: true, width: 1380);
            await visit.TextAsync($"{shows}:has-text('<img src=x')", _ => true, $"of {path} shows the name");
            Assert.Multiple(async () =>
            {
                Assert.That(await visit["img[src=x]"].CountAsync(), Is.Zero, path);
                Assert.That(await visit["main b:text-is('BAD')"].CountAsync(), Is.Zero, path);
                Assert.That(await visit.Page.TitleAsync(), Does.Contain("Smart City"), path);
            });
        }
    }

    [Test]
    public async Task Refused_and_late_records_with_hostile_names_are_shown_as_they_are()
    {
        const string Bad = "<img src=x onerror=\"document.title='owned'\">";
        var asItIs = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        string dead = JsonSerializer.Serialize(new { sensor_id = "S", sensor_type = Bad }, asItIs);
        string late = JsonSerializer.Serialize(new { sensor_id = $"late {Bad}", sensor_type = "traffic", city = Bad, timestamp = "2026-01-15T14:00:00Z", metrics = new { average_speed = 1 } }, asItIs);
        using (var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = Stage.Broker, BrokerAddressFamily = BrokerAddressFamily.V4 }).Build())
        {
            await producer.ProduceAsync("smart-city-sensors", new Message<string, string> { Key = $"dead {Bad}", Value = dead });
            await producer.ProduceAsync("smart-city-sensors", new Message<string, string> { Key = $"late {Bad}", Value = late });
        }

        await Eventually.IsTrueAsync(
            async () => Keys(await JsonAsync("/quality/dead-letters?limit=20")).Any(key => key.StartsWith("dead <img", StringComparison.Ordinal))
                && Keys(await JsonAsync("/quality/late?limit=20")).Any(key => key.StartsWith("late <img", StringComparison.Ordinal)),
            "both are in their topics");
        await using var visit = await Visit.ToAsync(_city, "/ui/quality/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.TextAsync("#dead-letters td:has-text('dead <img src=x')", _ => true, "shows the key of the refused one");
        await visit.TextAsync("#late-readings td:has-text('late <img src=x')", _ => true, "shows the key of the late one");
        foreach (string place in (string[])["#dead-letters", "#late-readings"])
        {
            await visit[$"{place} tr:has-text('<img src=x') summary"].First.ClickAsync();
            await visit.TextAsync($"{place} tr:has-text('<img src=x') pre", text => text.Contains("<img src=x", StringComparison.Ordinal), "shows its bytes");
        }

        Assert.That(await visit["img[src=x]"].CountAsync(), Is.Zero);
        Assert.That(await visit.Page.TitleAsync(), Does.Contain("Smart City"));

        static IEnumerable<string> Keys(JsonElement answer) => answer.GetProperty("results").EnumerateArray().Select(one => one.GetProperty("key").GetString() ?? "");
    }

    [Test]
    public async Task A_hostile_folder_of_the_lake_is_a_folder_and_nothing_more()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        foreach (string name in (string[])["<img src=x onerror=\"document.title='owned'\">", "constructor"])
        {
            string folder = Path.Combine(api.LakeFolder, "raw-data", "sensor_type=" + name, "city=X");
            Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(Path.Combine(folder, "a.parquet"), "x");
        }

        await using var visit = await Visit.ToAsync(api.Address, "/ui/pipeline/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.TextAsync("#lake tbody", text => text.Contains("<img src=x", StringComparison.Ordinal) && text.Contains("Constructor", StringComparison.Ordinal), "names the folders");
        Assert.That(await visit["img[src=x]"].CountAsync(), Is.Zero);
        Assert.That(await visit.Page.TitleAsync(), Does.Contain("Smart City"));
    }

    [Test]
    public async Task A_page_of_another_origin_follows_windows_with_a_browsers_own_EventSource()
    {
        var seeded = await Stage.SeededAsync();
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ("Api:Cors:Origins:0", seeded.Address.GetLeftPart(UriPartial.Authority)));
        await using var context = await (await Stage.BrowserAsync()).NewContextAsync(new BrowserNewContextOptions { BypassCSP = true }); // somebody else's page has a policy of its own
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(seeded.Address, "/ui/quality/").ToString());
        await page.EvaluateAsync(
            """
            (address) => {
              window.told = [];
              window.source = new EventSource(address);
              for (const name of ["progress", "window"]) window.source.addEventListener(name, (event) => window.told.push([name, JSON.parse(event.data).city ?? "", event.lastEventId]));
            }
            """, new Uri(api.Address, "/live?type=traffic&city=Warsaw").ToString());
        await Eventually.IsTrueAsync(() => page.EvaluateAsync<bool>("window.told.some(([name]) => name === 'progress')"), "the feed is open");
        var start = TimeProvider.System.GetUtcNow().UtcDateTime;
        await api.StoreAsync(SensorType.Traffic, ((string[])["Warsaw", "Kraków"]).Select(city =>
        {
            var window = Api.Windows.Of(SensorType.Traffic, city, "", new DateTime(start.Ticks - (start.Ticks % TimeSpan.TicksPerMinute), DateTimeKind.Utc));
            window.ProcessingTime = start.AddSeconds(1);
            return window;
        }));
        await Eventually.IsTrueAsync(() => page.EvaluateAsync<bool>("window.told.some(([name]) => name === 'window')"), "a window is told");
        Assert.That(await page.EvaluateAsync<string[]>("window.told.filter(([name]) => name === 'window').map(([, city]) => city)"), Has.All.EqualTo("Warsaw"));
        Assert.That(await page.EvaluateAsync<bool>("window.told.every(([, , id]) => /^[0-9]+$/.test(id))"), "each has an id to take up from");
    }

    private async Task<JsonElement> JsonAsync(string path)
    {
        JsonElement root = default;
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var response = await Http.GetAsync(new Uri(_city, path));
                if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
                {
                    return false; // a busy machine: the API asks to come back later
                }

                response.EnsureSuccessStatusCode();
                using var answer = JsonDocument.Parse(await response.Content.ReadAsStreamAsync());
                root = answer.RootElement.Clone();
                return true;
            },
            $"{path} answers");
        return root;
    }
}
