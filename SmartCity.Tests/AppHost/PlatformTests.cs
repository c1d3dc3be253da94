using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

using Microsoft.Extensions.Configuration;

using SmartCity.AppHost.Hosting;
using SmartCity.Tests.Oracle;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Simulator;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.AppHost;

/// <summary>The whole platform in this process, seen from outside: through its HTTP API and its broker.</summary>
[TestFixture]
internal sealed class PlatformTests
{
    private static readonly PlatformOptions Options = new() { Port = 0, Rate = 20, Sensors = 100, History = TimeSpan.FromMinutes(30) };
    private static readonly string[] Types = ["air_quality", "traffic", "parking", "weather", "energy"];

    private Platform _platform = null!;
    private StringWriter _console = null!;
    private HttpClient _http = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _console = new StringWriter();
        _platform = new Platform(Options, new Banner(TextWriter.Synchronized(_console), TimeProvider.System, Stopwatch.GetTimestamp()), TimeProvider.System);
        await _platform.StartAsync(CancellationToken.None);
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_platform.Port}") };
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _http.Dispose();
        await _platform.DisposeAsync();
        await _console.DisposeAsync();
        Assert.That(Directory.Exists(_platform.Folder!.Path), Is.False, "the temporary folder goes with the run");
    }

    [Test]
    public async Task Every_final_window_of_the_history_is_what_a_naive_computation_over_the_log_makes_of_it()
    {
        await HistoryIsSentAsync();
        var liveFrom = _platform.City!.LiveFrom.ToUnixTimeMilliseconds();
        var log = LogReader.Read(_platform.BootstrapServers, "smart-city-sensors");
        var expected = WindowOracle.Judge(log, [], new OracleTimes()).Windows.Where(w => w.Key.StartMs + 900_000 <= liveFrom - 60_000).ToList();
        Dictionary<OracleWindowKey, JsonElement> actual = [];

        // The live readings move stream time past the end of the history: what was to be final by then becomes so, and stays as it is.
        await Eventually.IsTrueAsync(
            async () =>
            {
                actual = await FinalWindowsAsync();
                return expected.TrueForAll(window => actual.ContainsKey(window.Key));
            },
            "every window of the history that must be final is there",
            TimeSpan.FromMinutes(3));

        Assert.That(expected, Has.Count.GreaterThan(2_000));
        var differences = expected.SelectMany(window => Differences(window.Key, window.Value, actual)).Take(10).ToList();
        Assert.That(differences, Is.Empty);
    }

    [Test]
    public async Task What_the_simulator_spoils_becomes_dead_letters_and_what_it_delays_too_long_late_readings()
    {
        await HistoryIsSentAsync();
        var log = LogReader.Read(_platform.BootstrapServers, "smart-city-sensors");
        var verdict = WindowOracle.Judge(log, [], new OracleTimes());
        await Eventually.IsTrueAsync(() => Count("smart-city-sensors.dead-letters") >= verdict.Invalid.Count && Count("smart-city-sensors.late") >= verdict.Late.Count, "all of them are there");

        var dead = LogReader.Read(_platform.BootstrapServers, "smart-city-sensors.dead-letters").SelectMany(p => p).Select(r => Convert.ToHexString(r.Value)).ToHashSet();
        Assert.Multiple(() =>
        {
            Assert.That(verdict.Invalid, Is.Not.Empty);
            Assert.That(verdict.Late, Is.Not.Empty);
            Assert.That(log.SelectMany(p => p).Where(r => verdict.Invalid.Contains(r.Place)).Select(r => Convert.ToHexString(r.Value)).Distinct(), Is.SubsetOf(dead));
        });

        int Count(string topic) => LogReader.Read(_platform.BootstrapServers, topic).Sum(p => p.Count);
    }

    [Test]
    public async Task The_lake_gets_readings_of_every_type()
    {
        await Eventually.IsTrueAsync(
            () => Types.All(type => Directory.Exists(Path.Combine(_platform.Folder!.Lake, "raw-data", $"sensor_type={type}"))),
            "raw readings of every type are in the lake",
            TimeSpan.FromMinutes(2));
    }

    [Test]
    public async Task The_pipeline_shows_every_partition_read_every_sink_at_work_and_a_worker_alive()
    {
        await HistoryIsSentAsync();
        JsonElement pipeline = default;
        await Eventually.IsTrueAsync(
            async () =>
            {
                pipeline = await JsonAsync("/pipeline");
                return pipeline.GetProperty("watermark").ValueKind == JsonValueKind.String && pipeline.GetProperty("input").GetProperty("lag") is { ValueKind: JsonValueKind.Number } lag
                    && lag.GetInt64() < 1000 && pipeline.GetProperty("workers").GetArrayLength() == 1
                    && pipeline.GetProperty("sinks").EnumerateArray().All(sink => sink.GetProperty("partitions").EnumerateArray().All(one => one.GetProperty("position").ValueKind == JsonValueKind.Number));
            },
            "the stream has caught up and every sink has written",
            TimeSpan.FromMinutes(2));
        var streamTimes = pipeline.GetProperty("input").GetProperty("partitions").EnumerateArray().Select(one => one.GetProperty("stream_time").GetDateTime()).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(streamTimes, Has.Count.EqualTo(2));
            Assert.That(pipeline.GetProperty("watermark").GetDateTime(), Is.EqualTo(streamTimes.Min()));
            Assert.That(pipeline.GetProperty("sinks").EnumerateArray().Select(sink => (sink.GetProperty("name").GetString(), sink.GetProperty("state").GetString())),
                Is.EqualTo([("postgres", "running"), ("lake-raw", "running"), ("lake-aggregates", "running")]));
            Assert.That(pipeline.GetProperty("workers")[0].GetProperty("alive").GetBoolean(), Is.True);
            Assert.That(pipeline.GetProperty("workers")[0].GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("error").ValueKind), Has.All.EqualTo(JsonValueKind.Null));
        });
    }

    [TestCase("/quality/dead-letters", "smart-city-sensors.dead-letters", "reason")]
    [TestCase("/quality/late", "smart-city-sensors.late", null)]
    public async Task The_newest_refused_and_late_readings_are_told_as_they_lie_in_their_topics(string path, string topic, string? reason)
    {
        await HistoryIsSentAsync();
        JsonElement answer = default;
        await Eventually.IsTrueAsync(async () => (answer = await JsonAsync(path + "?limit=5")).GetProperty("count").GetInt32() == 5, "there are some");
        var log = LogReader.Read(_platform.BootstrapServers, topic).SelectMany(partition => partition).ToDictionary(record => (record.Place.Partition, record.Place.Offset));
        foreach (var told in answer.GetProperty("results").EnumerateArray())
        {
            var record = log[(told.GetProperty("partition").GetInt32(), told.GetProperty("offset").GetInt64())];
            Assert.Multiple(() =>
            {
                Assert.That(told.GetProperty("preview").GetString(), Is.EqualTo(System.Text.Encoding.UTF8.GetString(record.Value)));
                Assert.That(told.GetProperty("size").GetInt32(), Is.EqualTo(record.Value.Length));
                Assert.That(told.GetProperty("source_offset").GetInt64().ToString(CultureInfo.InvariantCulture), Is.EqualTo(record.Headers["source.offset"]));
                Assert.That(reason is null ? null : told.GetProperty(reason).GetString(), Is.EqualTo(reason is null ? null : record.Headers[reason]));
            });
        }
    }

    [Test]
    public async Task A_sensors_readings_from_the_lake_are_those_of_the_log_up_to_where_the_lake_is_fresh()
    {
        await HistoryIsSentAsync();
        var log = LogReader.Read(_platform.BootstrapServers, "smart-city-sensors");
        var invalid = WindowOracle.Judge(log, [], new OracleTimes()).Invalid;
        var sensor = (await JsonAsync("/sensors?type=traffic&limit=1")).GetProperty("results")[0].GetProperty("sensor_id").GetString()!;
        var readings = log.SelectMany(partition => partition).Where(record => !invalid.Contains(record.Place) && IsOf(record.Value)).ToList();
        JsonElement answer = default;
        await Eventually.IsTrueAsync(
            async () => (answer = await JsonAsync($"/sensors/{sensor}/readings?limit=10000")).GetProperty("fresh_until") is { ValueKind: JsonValueKind.String } fresh
                && fresh.GetDateTimeOffset().ToUnixTimeMilliseconds() > readings.Max(record => record.TimestampMs),
            "the lake has all of them",
            TimeSpan.FromMinutes(2));

        var told = answer.GetProperty("results").EnumerateArray().Select(one => (Partition: one.GetProperty("partition").GetInt32(), Offset: one.GetProperty("offset").GetInt64())).ToList();
        Assert.That(readings, Has.Count.GreaterThan(10));
        Assert.That(told, Is.SupersetOf(readings.Select(record => (record.Place.Partition, record.Place.Offset))).And.Unique);
        var times = answer.GetProperty("results").EnumerateArray().Select(one => one.GetProperty("timestamp").GetDateTime()).ToList();
        Assert.That(times, Is.Ordered);
        var newest = await JsonAsync($"/sensors/{sensor}/readings?limit=3&to={answer.GetProperty("to").GetString()}");
        Assert.That(newest.GetProperty("results").EnumerateArray().Select(one => one.GetProperty("offset").GetInt64()), Is.EqualTo(told.TakeLast(3).Select(one => one.Offset)));

        bool IsOf(byte[] value) => JsonDocument.Parse(value).RootElement.GetProperty("sensor_id").GetString() == sensor;
    }

    [Test]
    public async Task A_first_run_has_rules_for_alerts_and_whoever_has_rules_has_those_alone()
    {
        JsonElement alerts = default;
        await Eventually.IsTrueAsync(async () => (alerts = await JsonAsync("/alerts")).GetProperty("rules").GetArrayLength() > 0, "the worker has told its rules");
        string[] types = [.. alerts.GetProperty("rules").EnumerateArray().Select(rule => rule.GetProperty("type").GetString()!).Distinct()];
        Assert.That(types, Is.EquivalentTo(Types), "at least one for each type of sensor");

        var theirs = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Alerts:Rules:0:Id"] = "mine" }).Build();
        Assert.That(DemoAlerts.SettingsBeside(theirs), Is.Empty);
    }

    [TestCaseSource(typeof(ApiExample), nameof(ApiExample.All))]
    public async Task Every_example_of_the_api_page_answers_as_it_says(ApiExample example)
    {
        await HistoryIsSentAsync();
        string folder = Scratch.Folder("example");
        try
        {
            await File.WriteAllLinesAsync(Path.Combine(folder, "readings.ndjson"), Generated.From(Generated.Calm(TimeProvider.System.GetUtcNow()), TimeSpan.FromSeconds(2)).Select(one => Encoding.UTF8.GetString(one.Value)));
            string command = example.Command.Replace("localhost:8000", $"127.0.0.1:{_platform.Port}", StringComparison.Ordinal).Replace("curl ", "curl -sS -o answer -w '%{http_code}\\n' ", StringComparison.Ordinal);
            string wrong = "";
            async Task<bool> IsRightAsync()
            {
                await using var run = ChildProcess.Start(["/bin/sh", "-c", $"cd '{folder}' && {command}"]);
                await run.EndsAsync();
                wrong = run.Output.Split('\n').Contains($"{example.Status}") ? WhatIsWrongWith(await File.ReadAllTextAsync(Path.Combine(folder, "answer")), example) : run.Output;
                return wrong.Length == 0;
            }

            try
            {
                await Eventually.IsTrueAsync(IsRightAsync, "it answers as documented", TimeSpan.FromSeconds(60));
            }
            catch (TimeoutException)
            {
                Assert.Fail(wrong);
            }
        }
        finally
        {
            Scratch.Remove(folder);
        }
    }

    [TestCase("/health")]
    [TestCase("/docs")]
    [TestCase("/openapi/v1.json")]
    [TestCase("/cities")]
    [TestCase("/storage/stats")]
    public async Task It_answers(string path)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public void The_banner_says_where_everything_is_and_what_has_started() => Assert.That(
        _console.ToString(),
        Does.Contain($"http://localhost:{_platform.Port}").And.Contain($"http://localhost:{_platform.Port}/docs").And.Contain(_platform.BootstrapServers)
            .And.Contain(Path.GetFileName(_platform.Folder!.Path)).And.Match(@"✓ broker [\d.]+s  ✓ database [\d.]+s  ✓ worker [\d.]+s  ✓ api [\d.]+s  ✓ simulator 20/s"));

    private static string WhatIsWrongWith(string answer, ApiExample example)
    {
        if (example.Answer is { } documented)
        {
            var actual = JsonSerializer.Deserialize<JsonElement>(answer);
            if (!example.Command.Contains("/alerts", StringComparison.Ordinal) && actual.TryGetProperty("results", out var results) && results.GetArrayLength() == 0)
            {
                return "it has no results yet"; // there need not be an alert at every hour
            }

            return string.Join('\n', ApiExample.Differences(JsonSerializer.Deserialize<JsonElement>(documented), actual).Take(10));
        }

        bool isRight = example.Command switch
        {
            var csv when csv.Contains("format=csv", StringComparison.Ordinal) => answer.StartsWith("window_start,window_end,city,", StringComparison.Ordinal) && answer.Count('\n') > 1,
            var lines when lines.Contains("Accept: application/x-ndjson", StringComparison.Ordinal) =>
                answer.Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } rows && rows.All(row => JsonSerializer.Deserialize<JsonElement>(row).TryGetProperty("window_start", out _)),
            var live when live.Contains("/live", StringComparison.Ordinal) => answer.Contains("event: window", StringComparison.Ordinal),
            _ => JsonSerializer.Deserialize<JsonElement>(answer).EnumerateObject().Any(member => member.Value.ValueKind == JsonValueKind.Array && member.Value.GetArrayLength() > 0),
        };
        return isRight ? "" : answer[..Math.Min(answer.Length, 500)];
    }

    private async Task<JsonElement> JsonAsync(string path)
        => JsonSerializer.Deserialize<JsonElement>(await _http.GetStringAsync(new Uri(path, UriKind.Relative)));

    private Task HistoryIsSentAsync() => Eventually.IsTrueAsync(
        () => _platform.City!.Statistics.DueMs >= _platform.City.LiveFrom.ToUnixTimeMilliseconds()
            && _platform.City.Statistics.Acknowledged > _platform.City.Statistics.Sent - 200,
        "the history is sent");

    private async Task<Dictionary<OracleWindowKey, JsonElement>> FinalWindowsAsync()
    {
        var windows = new Dictionary<OracleWindowKey, JsonElement>();
        foreach (var type in Types)
        {
            foreach (var district in (string[])["", "&district=*"])
            {
                string? cursor = null;
                do
                {
                    var path = $"/query/{type.Replace('_', '-')}?hours=2&final=true&limit=10000{district}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}";
                    using var answer = JsonDocument.Parse(await _http.GetStringAsync(new Uri(path, UriKind.Relative)));
                    foreach (var row in answer.RootElement.GetProperty("results").EnumerateArray())
                    {
                        var key = new OracleWindowKey(
                            type, row.GetProperty("city").GetString()!, row.GetProperty("district").GetString()!,
                            DateTimeOffset.Parse(row.GetProperty("window_start").GetString()!, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds());
                        windows[key] = row.Clone();
                    }

                    cursor = answer.RootElement.GetProperty("next_cursor").GetString();
                }
                while (cursor is not null);
            }
        }

        return windows;
    }

    private static IEnumerable<string> Differences(OracleWindowKey key, OracleWindow window, Dictionary<OracleWindowKey, JsonElement> actual)
    {
        if (!actual.TryGetValue(key, out var row))
        {
            yield return $"{key} is missing";
            yield break;
        }

        if (row.GetProperty("reading_count").GetInt64() != window.ReadingCount)
        {
            yield return $"{key} has {row.GetProperty("reading_count")} readings, not {window.ReadingCount}";
        }

        foreach (var (column, value, tolerance) in window.Columns(key.Type))
        {
            double? shown = row.GetProperty(column) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;
            if (shown is null != value is null || Math.Abs((shown ?? 0) - (value ?? 0)) > tolerance)
            {
                yield return $"{key} has {column} {shown}, not {value}";
            }
        }
    }
}
