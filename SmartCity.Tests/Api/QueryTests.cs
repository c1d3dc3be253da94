using System.Globalization;
using System.Net;
using System.Text.Json;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Api;

[TestFixture(DatabaseProvider.Sqlite)]
[TestFixture(DatabaseProvider.Postgres)]
internal sealed class QueryTests(DatabaseProvider provider)
{
    private const string Range = "from=2026-01-15T00:00:00Z&to=2026-01-16T00:00:00Z";

    private ApiUnderTest _api = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(provider));
        var noon = Windows.Noon;
        await _api.StoreAsync(SensorType.AirQuality, Windows.Of(SensorType.AirQuality, "Warsaw", "", noon, isFinal: true).With("pm25", [18, 19, 20]));
        await _api.StoreAsync(SensorType.AirQuality, from minute in Enumerable.Range(1, 30) select Windows.Of(SensorType.AirQuality, "Warsaw", "", noon.AddMinutes(minute)));
        await _api.StoreAsync(SensorType.AirQuality, Windows.Of(SensorType.AirQuality, "Warsaw", "Wola", noon), Windows.Of(SensorType.AirQuality, "Warsaw", "Ochota", noon));
        await _api.StoreAsync(SensorType.AirQuality, Windows.Of(SensorType.AirQuality, "Łódź", "", noon), Windows.Of(SensorType.AirQuality, "=SUM(A1)", "a,\"b\"", noon));

        // For paging: three cities, two districts each, one window a minute over two hours.
        await _api.StoreAsync(SensorType.Traffic,
            from minute in Enumerable.Range(0, 120)
            from city in (string[])["Aarhus", "Zürich", "Ålesund"]
            from district in (string[])["", "East", "𝔚est"]
            select Windows.Of(SensorType.Traffic, city, district, noon.AddMinutes(minute)));
        await _api.StoreAsync(new StreamProgressEntity { SensorType = "air_quality", City = "Warsaw", Watermark = noon.AddMinutes(15), ProcessingTime = noon });
    }

    [OneTimeTearDown]
    public async Task Stop() => await _api.DisposeAsync();

    [Test]
    public async Task A_row_has_the_fields_the_product_names()
    {
        var answer = await _api.JsonAsync("/query/air-quality?city=Warsaw&final=true&metrics=pm25&" + Range);
        Assert.That(answer.GetRawText(), Is.EqualTo(
            """{"aggregation_type":"air_quality","resolution":"1m","count":1,"watermark":"2026-01-15T12:15:00Z","next_cursor":null,"results":["""
            + """{"window_start":"2026-01-15T12:00:00Z","window_end":"2026-01-15T12:05:00Z","city":"Warsaw","district":"","reading_count":3,"is_final":true,"revision":7"""
            + ""","processing_time":"2026-01-15T12:05:00.250Z","count_pm25":3,"avg_pm25":19,"min_pm25":18,"max_pm25":20,"stddev_pm25":1}]}"""));
    }

    [Test]
    public async Task Whole_city_rows_are_the_default_and_districts_are_asked_for_by_name_or_star()
    {
        Assert.That(Names(await _api.JsonAsync("/query/air-quality?city=Warsaw&from=2026-01-15T12:00:00Z&to=2026-01-15T12:01:00Z")), Is.EqualTo((string[])["Warsaw/"]));
        Assert.That(Names(await _api.JsonAsync("/query/air-quality?district=Wola&" + Range)), Is.EqualTo((string[])["Warsaw/Wola"]));
        Assert.That(Names(await _api.JsonAsync("/query/air-quality?city=Warsaw&district=*&" + Range)), Is.EqualTo((string[])["Warsaw/Ochota", "Warsaw/Wola"]));
    }

    [Test]
    public async Task Cities_may_be_repeated_and_unknown_ones_have_no_rows()
    {
        var two = await _api.JsonAsync($"/query/air-quality?city={Uri.EscapeDataString("Łódź")}&city=Warsaw&from=2026-01-15T12:00:00Z&to=2026-01-15T12:01:00Z");
        Assert.That(Names(two), Is.EqualTo((string[])["Warsaw/", "Łódź/"]));
        var none = await _api.JsonAsync("/query/air-quality?city=Atlantis&hours=24");
        Assert.That(none.GetProperty("count").GetInt32(), Is.Zero);
    }

    [Test]
    public async Task The_range_is_half_open()
    {
        var answer = await _api.JsonAsync("/query/air-quality?city=Warsaw&order=asc&from=2026-01-15T12:01:00Z&to=2026-01-15T12:03:00Z");
        Assert.That(Starts(answer), Is.EqualTo((string[])["2026-01-15T12:01:00Z", "2026-01-15T12:02:00Z"]));
    }

    [Test]
    public async Task Offsets_are_understood_with_and_without_escaping()
    {
        var answer = await _api.JsonAsync("/query/air-quality?city=Warsaw&from=2026-01-15T13:30:00%2B01:00&to=2026-01-15T13:31:00+01:00");
        Assert.That(Starts(answer), Is.EqualTo((string[])["2026-01-15T12:30:00Z"]));
    }

    [Test]
    public async Task Anchored_at_the_latest_window_old_data_is_found()
    {
        Assert.That((await _api.JsonAsync("/query/air-quality?city=Warsaw&hours=24")).GetProperty("count").GetInt32(), Is.Zero);
        Assert.That((await _api.JsonAsync("/query/air-quality?city=Warsaw&hours=24&anchor=latest")).GetProperty("count").GetInt32(), Is.EqualTo(31));
    }

    [TestCase("asc")]
    [TestCase("desc")]
    public async Task Paging_walks_every_row_exactly_once(string order)
    {
        var seen = new List<string>();
        string? path = $"/query/traffic?district=*&order={order}&limit=37&{Range}";
        while (path is not null)
        {
            using var response = await _api.Client.GetAsync(path);
            var page = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            seen.AddRange(page.GetProperty("results").EnumerateArray().Select(Key));
            string? next = page.GetProperty("next_cursor").GetString();
            path = response.Headers.TryGetValues("Link", out var links) ? links.Single().Split('<', '>')[1] : null;
            Assert.That(path is null, Is.EqualTo(next is null), "the link and next_cursor say the same");
        }

        var times = from minute in Enumerable.Range(0, 120) select Windows.Noon.AddMinutes(minute).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var expected = from time in order == "asc" ? times : times.Reverse()
                       from city in (string[])["Aarhus", "Zürich", "Ålesund"]
                       from district in (string[])["East", "𝔚est"]
                       select $"{time} {city}/{district}";
        Assert.That(seen, Is.EqualTo(expected));
    }

    [Test]
    public async Task A_cursor_belongs_to_its_query()
    {
        string cursor = (await _api.JsonAsync("/query/traffic?limit=1&" + Range)).GetProperty("next_cursor").GetString()!;
        var problem = await _api.ProblemAsync($"/query/traffic?limit=1&city=Aarhus&{Range}&cursor={cursor}", 400);
        Assert.That(problem.GetProperty("errors").GetProperty("cursor").GetArrayLength(), Is.EqualTo(1));
    }

    [TestCase("city=Warsaw&cty=x", "cty")]
    [TestCase("limit=0", "limit")]
    [TestCase("limit=10001", "limit")]
    [TestCase("limit=1e3", "limit")]
    [TestCase("hours=0", "hours")]
    [TestCase("hours=8785", "hours")]
    [TestCase("hours=24&hours=25", "hours")]
    [TestCase("hours=24&from=2026-01-15T00:00:00Z", "hours")]
    [TestCase("from=2026-01-15", "from")]
    [TestCase("from=2026-01-15T00:00:00", "from")]
    [TestCase("from=2026-01-15T00:00:00Z&to=2026-01-15T00:00:00Z", "from")]
    [TestCase("from=0001-01-01T00:00:00%2B14:00", "from")]
    [TestCase("order=down", "order")]
    [TestCase("format=xml", "format")]
    [TestCase("final=yes", "final")]
    [TestCase("resolution=2m", "resolution")]
    [TestCase("tz=Europe/Warsaw", "tz")]
    [TestCase("resolution=1d&tz=../../etc/passwd", "tz")]
    [TestCase("resolution=1d&tz=Europe/Atlantis", "tz")]
    [TestCase("metrics=speed", "metrics")]
    [TestCase("metrics=", "metrics")]
    [TestCase("cursor=x", "cursor")]
    [TestCase("cursor=eyJzIjo5OTk5OTk5OTk5OTk5OTk5OTk5fQ", "cursor")]
    [TestCase("city=", "city")]
    [TestCase("city=a%00b", "city")]
    [TestCase("city=%0a", "city")]
    [TestCase("district=a%00", "district")]
    public async Task A_parameter_that_breaks_a_rule_is_named(string query, string parameter)
    {
        var problem = await _api.ProblemAsync("/query/air-quality?" + query, 400);
        Assert.That(problem.GetProperty("errors").EnumerateObject().Select(error => error.Name), Is.EqualTo((string[])[parameter]));
    }

    [TestCase("city=';DROP TABLE traffic_agg;--")]
    [TestCase("city=%25")]
    [TestCase("district=%27%20OR%201=1")]
    [TestCase("city=%F0%9F%A6%84")]
    [TestCase("city=%FF")]
    public async Task Names_that_look_like_an_attack_are_just_names(string query)
        => Assert.That((await _api.JsonAsync($"/query/traffic?{query}&{Range}")).GetProperty("count").GetInt32(), Is.Zero);

    [Test]
    public async Task Too_many_cities_and_too_long_names_are_refused()
    {
        string many = string.Join('&', Enumerable.Range(0, 51).Select(number => $"city=c{number}"));
        await _api.ProblemAsync("/query/traffic?" + many, 400);
        await _api.ProblemAsync("/query/traffic?city=" + new string('x', 129), 400);
    }

    [Test]
    public async Task Csv_has_a_header_and_cells_no_spreadsheet_runs()
    {
        using var response = await _api.Client.GetAsync($"/query/air-quality?format=csv&metrics=avg_pm25&district=*&city={Uri.EscapeDataString("=SUM(A1)")}&{Range}");
        Assert.That(response.Content.Headers.ContentType?.ToString(), Is.EqualTo("text/csv; charset=utf-8"));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(
            "window_start,window_end,city,district,reading_count,is_final,revision,processing_time,avg_pm25\r\n"
            + "2026-01-15T12:00:00Z,2026-01-15T12:05:00Z,'=SUM(A1),\"a,\"\"b\"\"\",10,false,7,2026-01-15T12:05:00.250Z,\r\n"));
    }

    [TestCase("csv", "")]
    [TestCase("ndjson", "")]
    [TestCase("csv", "&resolution=15m")]
    public async Task Rows_by_themselves_come_page_by_page_with_link_and_tag(string format, string more)
    {
        var seen = new List<string>();
        string? path = $"/query/traffic?district=*&order=desc&limit=37&format={format}&{Range}{more}";
        while (path is not null)
        {
            using var response = await _api.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
            Assert.That(response.Content.Headers.ContentLength, Is.Null, "how long it will be is not known when it begins");
            string[] lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            seen.AddRange(format == "csv" ? lines.Skip(1).Select(line => line.Split(',')).Select(cells => $"{cells[0]} {cells[2]}/{cells[3]}") : lines.Select(line => Key(JsonSerializer.Deserialize<JsonElement>(line))));

            using var again = new HttpRequestMessage(HttpMethod.Get, path);
            again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
            using var second = await _api.Client.SendAsync(again);
            Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
            using var head = await _api.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
            Assert.That((head.Headers.ETag, head.Content.Headers.ContentType), Is.EqualTo((response.Headers.ETag, response.Content.Headers.ContentType)));
            path = response.Headers.TryGetValues("Link", out var links) ? links.Single().Split('<', '>')[1] : null;
        }

        var json = await _api.JsonAsync($"/query/traffic?district=*&order=desc&limit=10000&{Range}{more}");
        Assert.That(seen, Is.EqualTo(json.GetProperty("results").EnumerateArray().Select(Key)));
        Assert.That(seen, Has.Count.EqualTo(more.Length == 0 ? 720 : 48));
    }

    [Test]
    public async Task Rows_by_themselves_may_count_back_from_the_newest_window_too()
    {
        string csv = await _api.Client.GetStringAsync("/query/air-quality?city=Warsaw&hours=24&anchor=latest&format=csv");
        Assert.That(csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(32));
        string none = await _api.Client.GetStringAsync("/query/air-quality?city=Atlantis&hours=24&anchor=latest&format=csv");
        Assert.That(none.Split("\r\n", StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task The_accept_header_chooses_a_format_too()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/query/air-quality?city=Warsaw&limit=2&" + Range);
        request.Headers.Add("Accept", "application/x-ndjson");
        using var response = await _api.Client.SendAsync(request);
        string[] lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines.Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("city").GetString()), Is.EqualTo((string[])["Warsaw", "Warsaw"]));
    }

    [Test]
    public async Task Columns_are_one_array_each()
    {
        var answer = await _api.JsonAsync("/query/air-quality?format=columns&city=Warsaw&order=asc&limit=2&metrics=avg_pm25&" + Range);
        Assert.That(answer.GetProperty("columns").GetRawText(), Is.EqualTo("""["window_start","city","district","reading_count","is_final","avg_pm25"]"""));
        Assert.That(answer.GetProperty("data").GetRawText(), Is.EqualTo("""[[1768478400,1768478460],["Warsaw","Warsaw"],["",""],[3,10],[true,false],[19,null]]"""));
    }

    [Test]
    public async Task What_has_not_changed_is_not_sent_again()
    {
        using var first = await _api.Client.GetAsync("/query/traffic?limit=5&" + Range);
        var tag = first.Headers.ETag!;
        Assert.That(tag.IsWeak);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/query/traffic?limit=5&" + Range);
        again.Headers.IfNoneMatch.Add(tag);
        using var second = await _api.Client.SendAsync(again);
        Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
    }

    [Test]
    public async Task Only_a_range_that_is_wholly_final_may_be_kept()
    {
        using var open = await _api.Client.GetAsync("/query/air-quality?city=Warsaw&" + Range);
        Assert.That(open.Headers.CacheControl?.ToString(), Is.EqualTo("no-cache"));

        // The last window of this range ends by 12:05, and its grace at 12:15, which is where the watermark is.
        using var settled = await _api.Client.GetAsync("/query/air-quality?city=Warsaw&from=2026-01-15T11:00:00Z&to=2026-01-15T12:00:00Z");
        Assert.That(settled.Headers.CacheControl?.MaxAge, Is.EqualTo(TimeSpan.FromSeconds(300)));
        Assert.That(settled.Headers.CacheControl?.ToString(), Does.Contain("stale-while-revalidate"));
    }

    [Test]
    public async Task The_queries_of_the_python_platform_answer()
    {
        await _api.JsonAsync("/query/air-quality?city=Warsaw&hours=24");
        await _api.JsonAsync("/query/traffic?hours=12&limit=50");
        await _api.JsonAsync("/storage/stats");
    }

    private static string[] Names(JsonElement answer)
        => [.. answer.GetProperty("results").EnumerateArray().Select(row => $"{row.GetProperty("city").GetString()}/{row.GetProperty("district").GetString()}")];

    private static string[] Starts(JsonElement answer) => [.. answer.GetProperty("results").EnumerateArray().Select(row => row.GetProperty("window_start").GetString()!)];

    private static string Key(JsonElement row)
        => $"{row.GetProperty("window_start").GetString()} {row.GetProperty("city").GetString()}/{row.GetProperty("district").GetString()}";
}
