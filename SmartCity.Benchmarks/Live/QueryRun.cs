using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

using HdrHistogram;

using Npgsql;

using SmartCity.Benchmarks.Drain;
using SmartCity.Domain.Data;
using SmartCity.Streams.Sinks.Database;

namespace SmartCity.Benchmarks.Live;

/// <summary>
/// <c>/query</c> for a day of a city (1,440 windows) over <c>--rows</c> 10,000,000 rows in PostgreSQL while rows are written: the latency at a fixed rate, the requests a processor-second of the
/// API, the plan, and what <c>--csv-rows</c> 100,000 rows as CSV, in pages of 10,000, take of the API's memory.
/// </summary>
internal sealed class QueryRun(Options options)
{
    private const int Cities = 20;
    private const int Districts = 10;
    private const int GroupsPerMinute = Cities * (Districts + 1);
    private const int RowsWrittenPerSecond = 1_000;
    private static readonly DateTime End = new(2026, 1, 31, 0, 0, 0, DateTimeKind.Utc);
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly WindowTable _table = WindowTable.All[0];
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public async Task RunAsync()
    {
        var database = await OwnProcess.CreateDatabaseAsync(options.Text("database", ""));
        var settings = new Dictionary<string, string>
        {
            ["Kafka__BootstrapServers"] = options.BootstrapServers,
            ["ConnectionStrings__SmartCity"] = database,
            ["Lake__Folder"] = Directory.CreateTempSubdirectory("smartcity-query-").FullName,
            ["Api__Port"] = OwnProcess.FreePort().ToString(CultureInfo.InvariantCulture),
            ["Api__Address"] = "127.0.0.1",
            ["Api__RequestsPerMinute"] = "0",
            ["Api__Keys__0__Name"] = "bench", // Nobody has the key; but without one that may write, the API does not start.
            ["Api__Keys__0__Scopes"] = "ingest",
            ["Api__Keys__0__Sha256"] = new string('0', 64),
        };
        using (var migrate = OwnProcess.Start(options.Text("worker", "SmartCity.Streams.dll"), settings, "migrate"))
        {
            await migrate.WaitForExitAsync();
        }

        await using var source = NpgsqlDataSource.Create(database);
        var rows = await FillAsync(source, options.Whole("rows", 10_000_000));
        await Console.Error.WriteLineAsync($"{rows} rows after {_watch.Elapsed.TotalSeconds:0} s");
        var plan = await PlanAsync(source);
        await Console.Error.WriteLineAsync(plan);

        using var api = OwnProcess.Start(options.Text("api", "SmartCity.Api.dll"), settings);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{settings["Api__Port"]}"), Timeout = TimeSpan.FromMinutes(5) };
        try
        {
            await ReadyAsync(http);
            using var stop = new CancellationTokenSource();
            var writing = WriteAsync(source, stop.Token);
            await AskAsync(http, 50, 10); // warm up
            var latencies = await AskAsync(http, options.Whole("requests-per-second", 20), options.Whole("seconds", 30));
            var (perCpuS, perS) = await SaturateAsync(http, api, TimeSpan.FromSeconds(options.Whole("seconds", 30)));
            await stop.CancelAsync();
            var written = await writing;
            var csv = await CsvAsync(http, api);
            Console.WriteLine(JsonSerializer.Serialize(
                new
                {
                    What = "query",
                    Rows = rows,
                    RowsWritten = written,
                    Requests = latencies.TotalCount,
                    P50Ms = Math.Round(latencies.GetValueAtPercentile(50) / 1000.0, 1),
                    P99Ms = Math.Round(latencies.GetValueAtPercentile(99) / 1000.0, 1),
                    MaxMs = Math.Round(latencies.GetMaxValue() / 1000.0, 1),
                    RequestsPerApiCpuS = perCpuS,
                    RequestsPerS = perS,
                    PlanUsesIndex = plan.Contains("Index Scan", StringComparison.Ordinal) && !plan.Contains("Seq Scan", StringComparison.Ordinal),
                    Csv = csv,
                },
                Json));
        }
        finally
        {
            await OwnProcess.EndAsync(api);
            Directory.Delete(settings["Lake__Folder"], recursive: true);
        }
    }

    private static async Task ReadyAsync(HttpClient http)
    {
        for (var tries = 0; tries < 300; tries++)
        {
            try
            {
                await http.GetStringAsync(new Uri("/health/live", UriKind.Relative));
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(200);
            }
        }
    }

    private async Task<long> FillAsync(NpgsqlDataSource source, long rows)
    {
        await using var connection = await source.OpenConnectionAsync();
        var minutes = rows / GroupsPerMinute;
        var written = 0L;
        for (var (day, left) = (End.AddDays(-1), minutes); left > 0; day = day.AddDays(-1))
        {
            foreach (var aligned in (bool[])[false, true])
            {
                await WindowPartitions.AddAsync(connection, _table.Name, aligned, day, CancellationToken.None);
            }

            var part = Math.Min(left, 1440);
            await using var insert = new NpgsqlCommand(Insert($"generate_series(TIMESTAMPTZ '{day:yyyy-MM-dd}Z' + interval '{1440 - part} minutes', TIMESTAMPTZ '{day:yyyy-MM-dd}Z' + interval '1439 minutes', interval '1 minute')"), connection) { CommandTimeout = 600 };
            written += await insert.ExecuteNonQueryAsync();
            left -= part;
        }

        await using var analyze = new NpgsqlCommand($"VACUUM (ANALYZE) {_table.Name}", connection) { CommandTimeout = 600 };
        await analyze.ExecuteNonQueryAsync();
        return written;
    }

    /// <summary>Rows of every group for some windows' starts, as the sink writes them.</summary>
    private string Insert(string starts)
    {
        string[] figures = [.. _table.MetricColumns.Select(c => c.Figure == MetricFigure.Count ? "40" : "random() * 50")];
        return $"""
            INSERT INTO {_table.Name} ({_table.ColumnList})
            SELECT 'City ' || (g / {Districts + 1}), CASE WHEN g % {Districts + 1} = 0 THEN '' ELSE 'District ' || (g % {Districts + 1}) END, t,
                   extract(epoch FROM t)::bigint % 300 = 0, t + interval '5 minutes', 40, true, 0, extract(epoch FROM clock_timestamp())::bigint, now(), {string.Join(", ", figures)}
            FROM {starts} t, generate_series(0, {GroupsPerMinute - 1}) g {_table.OnConflict}
            """;
    }

    /// <summary>Writes the rows of the last windows again and again, as a live city does.</summary>
    private async Task<long> WriteAsync(NpgsqlDataSource source, CancellationToken stop)
    {
        const int Windows = 5;
        var written = 0L;
        await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
        var starts = string.Join(", ", Enumerable.Range(1, Windows).Select(i => $"TIMESTAMPTZ '{End.AddMinutes(-i):yyyy-MM-dd HH:mm}Z'"));
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var started = _watch.Elapsed;
                await using var insert = new NpgsqlCommand(Insert($"unnest(ARRAY[{starts}])"), connection);
                written += await insert.ExecuteNonQueryAsync(CancellationToken.None);
                var due = TimeSpan.FromSeconds((double)Windows * GroupsPerMinute / RowsWrittenPerSecond) - (_watch.Elapsed - started);
                await Task.Delay(due > TimeSpan.Zero ? due : TimeSpan.Zero, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }

        return written;
    }

    private static Uri DayOf(int city) => new($"/query/air-quality?city=City%20{city}&hours=24&anchor=latest&limit=1440&metrics=pm25", UriKind.Relative);

    /// <summary>Asks at a fixed rate, whatever the answers take; each latency counts from when its request was due.</summary>
    private async Task<LongHistogram> AskAsync(HttpClient http, int perSecond, int seconds)
    {
        var latencies = new LongHistogram(TimeSpan.FromMinutes(5).Ticks / TimeSpan.TicksPerMicrosecond, 3);
        var begin = _watch.Elapsed;
        List<Task> asked = [];
        for (var i = 0; i < perSecond * seconds; i++)
        {
            var due = begin + TimeSpan.FromSeconds((double)i / perSecond);
            if (due - _watch.Elapsed is var early && early > TimeSpan.Zero)
            {
                await Task.Delay(early);
            }

            asked.Add(OneAsync(i % Cities, due));
        }

        await Task.WhenAll(asked);
        return latencies;

        async Task OneAsync(int city, TimeSpan due)
        {
            await http.GetByteArrayAsync(DayOf(city));
            lock (latencies)
            {
                latencies.RecordValue((_watch.Elapsed - due).Ticks / TimeSpan.TicksPerMicrosecond);
            }
        }
    }

    private static async Task<(double PerCpuS, double PerS)> SaturateAsync(HttpClient http, Process api, TimeSpan seconds)
    {
        const int Clients = 4;
        api.Refresh();
        var (cpu, watch, answers) = (api.TotalProcessorTime, Stopwatch.StartNew(), 0);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            for (var i = client; watch.Elapsed < seconds; i += Clients)
            {
                await http.GetByteArrayAsync(DayOf(i % Cities));
                Interlocked.Increment(ref answers);
            }
        }));
        api.Refresh();
        return (Math.Round(answers / (api.TotalProcessorTime - cpu).TotalSeconds, 1), Math.Round(answers / watch.Elapsed.TotalSeconds, 1));
    }

    private async Task<object> CsvAsync(HttpClient http, Process api)
    {
        // The kernel then counts the peak anew.
        await File.WriteAllTextAsync($"/proc/{api.Id}/clear_refs", "5");
        api.Refresh();
        var (before, cpu, watch) = (OwnProcess.PeakRss(api), api.TotalProcessorTime, Stopwatch.StartNew());
        var wanted = options.Whole("csv-rows", 100_000);
        var next = "/query/air-quality?district=*&hours=72&anchor=latest&format=csv&limit=10000";
        var (count, characters, first) = (0, 0L, TimeSpan.Zero);
        while (count < wanted && next is not null)
        {
            using var answer = await http.GetAsync(new Uri(next, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
            answer.EnsureSuccessStatusCode();
            next = answer.Headers.TryGetValues("Link", out var links) ? links.First().Split('>')[0].TrimStart('<') : null;
            using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
            await lines.ReadLineAsync(); // its header
            while (await lines.ReadLineAsync() is { } line)
            {
                first = count++ == 0 ? watch.Elapsed : first;
                characters += line.Length + 1;
            }
        }

        api.Refresh();
        return new
        {
            Rows = count,
            Mb = Math.Round(characters / 1e6, 1),
            FirstRowMs = Math.Round(first.TotalMilliseconds),
            WallS = Math.Round(watch.Elapsed.TotalSeconds, 2),
            CpuS = Math.Round((api.TotalProcessorTime - cpu).TotalSeconds, 2),
            RssBeforeMb = Math.Round(before / 1e6),
            RssAddedMb = Math.Round((OwnProcess.PeakRss(api) - before) / 1e6, 1),
        };
    }

    /// <summary>How the database answers what <c>WindowStore</c> asks for a city's day.</summary>
    private async Task<string> PlanAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand($"""
            EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) SELECT * FROM {_table.Name} WHERE city = 'City 7' AND district = '' AND window_start >= TIMESTAMPTZ '{End.AddDays(-1):yyyy-MM-dd}Z'
            ORDER BY window_start DESC, city, district LIMIT 1441
            """);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> lines = [];
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        return string.Join('\n', lines);
    }
}
