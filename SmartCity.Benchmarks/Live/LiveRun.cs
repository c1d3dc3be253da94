using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

using Confluent.Kafka;

using SmartCity.Benchmarks.Drain;
using SmartCity.Domain.Readings;

namespace SmartCity.Benchmarks.Live;

/// <summary>
/// The whole platform at a steady rate: worker and API as processes of their own. Twenty times a second one of the readings is a probe; how long it takes from when it was due to be
/// published until <c>/query</c> and <c>/live</c> tell of it is measured from outside. Probes go to so many cities in turn: with 20 a city has one a second, as a district has of
/// a thousand readings a second; with fewer, more of them wait for the next update of their group. <c>--rate 1000 --seconds 60 --warm-up 20 --probe-cities 20</c>.
/// </summary>
internal sealed class LiveRun : IDisposable
{
    private const int ProbesPerSecond = 20;
    private const int MinuteMs = 60_000;
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly Options _options;
    private readonly Filling _city;
    private readonly string[] _probeCities;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Probes _queried = new();
    private readonly Probes _told = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _api = new() { Timeout = TimeSpan.FromSeconds(100) };

    private LiveRun(Options options)
    {
        _options = options;
        _city = new Filling(options);
        _probeCities = [.. Enumerable.Range(0, options.Whole("probe-cities", 20)).Select(i => $"Probe {i}")];
    }

    public static async Task RunAsync(Options options)
    {
        using var run = new LiveRun(options);
        await run.MeasureAsync();
    }

    public void Dispose()
    {
        _stop.Dispose();
        _api.Dispose();
    }

    private async Task MeasureAsync()
    {
        await _city.CreateAsync(_options.Topics.Sensors);
        await _options.RenewOutputsAsync();
        var folder = Directory.CreateTempSubdirectory("smartcity-live-").FullName;
        var (workerPort, apiPort) = (OwnProcess.FreePort(), OwnProcess.FreePort());
        var settings = await SettingsAsync(folder, workerPort, apiPort);
        var program = _options.Text("worker", "SmartCity.Streams.dll");
        using (var migrate = OwnProcess.Start(program, settings, "migrate"))
        {
            await migrate.WaitForExitAsync();
        }

        using var worker = OwnProcess.Start(program, settings);
        using var api = OwnProcess.Start(_options.Text("api", "SmartCity.Api.dll"), settings);
        try
        {
            _api.BaseAddress = new Uri($"http://127.0.0.1:{apiPort}");
            using var workerHttp = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{workerPort}") };
            await ReadyAsync(_api, "/health/live");
            await ReadyAsync(workerHttp, "/health/ready");
            var (warmUp, seconds) = (_options.Whole("warm-up", 20), _options.Whole("seconds", 60));
            Task[] watching = [Task.Run(QueryAsync), Task.Run(ListenAsync)];
            var cpu = (Worker: TimeSpan.Zero, Api: TimeSpan.Zero);
            var published = await Task.Run(() => Publish(TimeSpan.FromSeconds(warmUp), TimeSpan.FromSeconds(seconds), () => cpu = (Cpu(worker), Cpu(api))));
            var (workerCpu, apiCpu) = (Cpu(worker) - cpu.Worker, Cpu(api) - cpu.Api);
            await Task.Delay(5000);
            await _stop.CancelAsync();
            await Task.WhenAll(watching);
            await Console.Error.WriteLineAsync($"longest by second, ms: /query {_queried.WorstBySecond()}; /live {_told.WorstBySecond()}");
            var metrics = await workerHttp.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            Console.WriteLine(JsonSerializer.Serialize(
                new
                {
                    What = "live",
                    Rate = _options.Whole("rate", 1000),
                    Seconds = seconds,
                    Query = _queried.Summary(),
                    Sse = _told.Summary(),
                    WorkerReadingsPerCpuS = Math.Round(published / workerCpu.TotalSeconds),
                    WorkerCores = Math.Round(workerCpu.TotalSeconds / seconds, 3),
                    ApiCores = Math.Round(apiCpu.TotalSeconds / seconds, 3),
                    WorkerPeakRssMb = Math.Round(OwnProcess.PeakRss(worker) / 1e6),
                    WorkerReadings = OwnProcess.Sum(metrics, "smartcity_streams_readings_total"),
                    WorkerRows = OwnProcess.Sum(metrics, "smartcity_streams_rows_total"),
                    ProbeCities = _probeCities.Length,
                    ApiPeakRssMb = Math.Round(OwnProcess.PeakRss(api) / 1e6),
                },
                Json));
        }
        finally
        {
            await OwnProcess.EndAsync(api);
            await OwnProcess.EndAsync(worker);
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<Dictionary<string, string>> SettingsAsync(string folder, int workerPort, int apiPort)
    {
        var settings = new Dictionary<string, string>
        {
            ["Kafka__BootstrapServers"] = _options.BootstrapServers,
            ["Kafka__TopicPrefix"] = _options.Topics.Prefix,
            ["ConnectionStrings__SmartCity"] = await OwnProcess.CreateDatabaseAsync(_options.Text("database", "")),
            ["Lake__Folder"] = Directory.CreateDirectory(Path.Combine(folder, "lake")).FullName,
            ["Streams__ApplicationId"] = $"live-{Guid.NewGuid():N}"[..20],
            ["Streams__StateDirectory"] = Path.Combine(folder, "state"),
            ["Worker__Port"] = workerPort.ToString(CultureInfo.InvariantCulture),
            ["Api__Port"] = apiPort.ToString(CultureInfo.InvariantCulture),
            ["Api__Address"] = "127.0.0.1",
            ["Api__RequestsPerMinute"] = "0",
            ["Api__Keys__0__Name"] = "bench", // Nobody has the key; but without one that may write, the API does not start.
            ["Api__Keys__0__Scopes"] = "ingest",
            ["Api__Keys__0__Sha256"] = new string('0', 64),
        };
        foreach (var setting in _options.Text("set", "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = (setting.Split('=')[0], setting.Split('=')[1]);
            settings[name] = value;
        }

        return settings;
    }

    private static TimeSpan Cpu(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    private static async Task ReadyAsync(HttpClient http, string path)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It is not up yet.
            }

            if (tries == 600)
            {
                throw new InvalidOperationException($"{http.BaseAddress} is not ready.");
            }

            await Task.Delay(200);
        }
    }

    /// <summary>Publishes at the rate, each reading when it is due; returns how many after the warming up.</summary>
    private long Publish(TimeSpan warmUp, TimeSpan seconds, Action warm)
    {
        var (rate, sensors) = (_options.Whole("rate", 1000), _options.Whole("sensors", 20_000));
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig
        {
            BootstrapServers = _options.BootstrapServers,
            Partitioner = Partitioner.Murmur2Random,
            LingerMs = 1,
            EnableDeliveryReports = false,
            QueueBufferingMaxMessages = 500_000,
        }).Build();
        var begin = _watch.Elapsed;
        var (sent, probes, counted) = (0L, 0L, 0L);
        while (true)
        {
            var elapsed = _watch.Elapsed - begin;
            if (elapsed > warmUp + seconds)
            {
                producer.Flush(TimeSpan.FromSeconds(10));
                return counted;
            }

            if (elapsed > warmUp && counted == 0)
            {
                warm();
            }

            for (var due = (long)(elapsed.TotalSeconds * ProbesPerSecond); probes < due; probes++)
            {
                Probe(producer, probes, begin + TimeSpan.FromSeconds((double)probes / ProbesPerSecond), elapsed > warmUp);
                counted += elapsed > warmUp ? 1 : 0;
            }

            for (var due = (long)(elapsed.TotalSeconds * (rate - ProbesPerSecond)); sent < due; sent++)
            {
                var sensor = (int)(sent * 7919 % sensors);
                producer.Produce(_options.Topics.Sensors, new Message<string, string> { Key = _city.IdOf(sensor), Value = _city.Reading(sensor, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()) });
                counted += elapsed > warmUp ? 1 : 0;
            }

            _stop.Token.WaitHandle.WaitOne(1);
        }
    }

    private void Probe(IProducer<string, string> producer, long number, TimeSpan due, bool counts)
    {
        var city = _probeCities[number % _probeCities.Length];
        var timeMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var windowMs = timeMs / MinuteMs * MinuteMs;
        _queried.Published(city, windowMs, due, counts);
        _told.Published(city, windowMs, due, counts);
        producer.Produce(_options.Topics.Sensors, new Message<string, string>
        {
            Key = city,
            Value = string.Create(CultureInfo.InvariantCulture, $$$"""{"sensor_id":"{{{city}}}","sensor_type":"air_quality","city":"{{{city}}}","timestamp":"{{{Rfc3339.Format(timeMs)}}}","metrics":{"pm25":1.5}}"""),
        });
    }

    /// <summary>Asks for the windows that begin in this minute and the one before, over and over.</summary>
    private async Task QueryAsync()
    {
        var cities = string.Concat(_probeCities.Select(city => "&city=" + Uri.EscapeDataString(city)));
        while (!_stop.IsCancellationRequested)
        {
            var from = Uri.EscapeDataString(Rfc3339.Format(((TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / MinuteMs) - 1) * MinuteMs));
            try
            {
                var answer = await _api.GetByteArrayAsync(new Uri($"/query/air-quality?from={from}&metrics=pm25&order=asc{cities}", UriKind.Relative), _stop.Token);
                var now = _watch.Elapsed;
                using var json = JsonDocument.Parse(answer);
                foreach (var row in json.RootElement.GetProperty("results").EnumerateArray())
                {
                    See(_queried, row, now);
                }

                await Task.Delay(10, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ListenAsync()
    {
        var cities = string.Concat(_probeCities.Select(city => "&city=" + Uri.EscapeDataString(city)));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/live?type=air_quality{cities}", UriKind.Relative));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        try
        {
            using var answer = await _api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
            using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(_stop.Token), Encoding.UTF8);
            var isWindow = false;
            while (await lines.ReadLineAsync(_stop.Token) is { } line)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal))
                {
                    isWindow = line == "event: window";
                }
                else if (isWindow && line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    var now = _watch.Elapsed;
                    using var json = JsonDocument.Parse(line[6..]);
                    See(_told, json.RootElement, now);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private static void See(Probes probes, JsonElement row, TimeSpan now) => probes.Seen(
        row.GetProperty("city").GetString()!, row.GetProperty("window_start").GetDateTimeOffset().ToUnixTimeMilliseconds(), row.GetProperty("reading_count").GetInt64(), now);
}
