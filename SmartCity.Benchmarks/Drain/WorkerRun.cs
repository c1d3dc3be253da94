using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Benchmarks.Drain;

/// <summary>
/// The worker's own program as a process of its own, with a database and a lake; measured from its birth to when every reading is counted, in the raw lake and in
/// the database. The lake of windows is not waited for: silent partitions go on making windows final.
/// </summary>
internal static class WorkerRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    public static async Task RunAsync(Options options)
    {
        await options.RenewOutputsAsync();
        var (_, total) = await options.SensorsAsync();
        var folder = Directory.CreateTempSubdirectory("smartcity-bench-").FullName;
        var database = await OwnProcess.CreateDatabaseAsync(options.Text("database", ""));
        try
        {
            (await MeasureAsync(options, Settings(options, folder, database), total)).Write();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Dictionary<string, string> Settings(Options options, string folder, string database) => new()
    {
        ["Kafka__BootstrapServers"] = options.BootstrapServers,
        ["Kafka__TopicPrefix"] = options.Topics.Prefix,
        ["ConnectionStrings__SmartCity"] = database,
        ["Lake__Folder"] = Directory.CreateDirectory(Path.Combine(folder, "lake")).FullName,
        ["Lake__FlushInterval"] = options.Text("lake-flush", "15s"),
        ["Streams__ApplicationId"] = $"bench-{Guid.NewGuid():N}"[..20],
        ["Streams__StateDirectory"] = Path.Combine(folder, "state"),
        ["Streams__Threads"] = options.Text("threads", "1"),
        ["Streams__Roles"] = options.Text("roles", "all"),
        ["Worker__Port"] = OwnProcess.FreePort().ToString(CultureInfo.InvariantCulture),
    };

    private static async Task<Measurement> MeasureAsync(Options options, Dictionary<string, string> settings, long total)
    {
        var program = options.Text("worker", "SmartCity.Streams.dll");
        using (var migrate = OwnProcess.Start(program, settings, "migrate"))
        {
            await migrate.WaitForExitAsync();
        }

        var watch = Stopwatch.StartNew();
        using var worker = OwnProcess.Start(program, settings);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{settings["Worker__Port"]}") };
        var metrics = await DrainedAsync(http, worker, total);
        var wall = watch.Elapsed.TotalSeconds;
        worker.Refresh();
        var result = new Measurement(
            "worker", total, wall, worker.TotalProcessorTime.TotalSeconds, OwnProcess.Sum(metrics, "dotnet_gc_heap_total_allocated_bytes_total") / total, OwnProcess.PeakRss(worker) / 1e6,
            (long)OwnProcess.Sum(metrics, "smartcity_streams_rows_total"));
        await OwnProcess.EndAsync(worker);
        return result;
    }

    private static async Task<string> DrainedAsync(HttpClient http, Process worker, long total)
    {
        var (started, quiet) = (Stopwatch.StartNew(), 0);
        while (started.Elapsed < Patience && !worker.HasExited)
        {
            await Task.Delay(1000);
            try
            {
                var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
                var done = OwnProcess.Sum(metrics, "smartcity_streams_readings_total") >= total
                    && OwnProcess.Sum(metrics, "smartcity_sink_delay_seconds", "lake-raw") == 0 && OwnProcess.Sum(metrics, "smartcity_sink_delay_seconds", "postgres") == 0;
                quiet = done ? quiet + 1 : 0;
                if (quiet == 3)
                {
                    return metrics;
                }
            }
            catch (HttpRequestException)
            {
                // It is not up yet.
            }
        }

        throw new InvalidOperationException("The worker has not drained the topic.");
    }
}
