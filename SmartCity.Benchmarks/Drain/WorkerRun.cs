using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

using Npgsql;

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
        var database = await CreateDatabaseAsync(options);
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
        ["Worker__Port"] = FreePort().ToString(CultureInfo.InvariantCulture),
    };

    private static async Task<Measurement> MeasureAsync(Options options, Dictionary<string, string> settings, long total)
    {
        var program = options.Text("worker", "SmartCity.Streams.dll");
        using (var migrate = Start(program, settings, "migrate"))
        {
            await migrate.WaitForExitAsync();
        }

        var watch = Stopwatch.StartNew();
        using var worker = Start(program, settings);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{settings["Worker__Port"]}") };
        var metrics = await DrainedAsync(http, worker, total);
        var wall = watch.Elapsed.TotalSeconds;
        worker.Refresh();
        var result = new Measurement(
            "worker", total, wall, worker.TotalProcessorTime.TotalSeconds, Sum(metrics, "dotnet_gc_heap_total_allocated_bytes_total") / total, PeakRss(worker) / 1e6,
            (long)Sum(metrics, "smartcity_streams_rows_total"));
        await EndAsync(worker);
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
                var done = Sum(metrics, "smartcity_streams_readings_total") >= total
                    && Sum(metrics, "smartcity_sink_delay_seconds", "lake-raw") == 0 && Sum(metrics, "smartcity_sink_delay_seconds", "postgres") == 0;
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

    /// <summary>The sum of a metric over all labels, or those with a value, in Prometheus' text form: <c>name{labels} value timestamp</c>.</summary>
    private static double Sum(string metrics, string name, string label = "") => metrics.Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is '{' or ' ' && line.Contains(label, StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Replace(name, "", StringComparison.Ordinal).Trim().Split(' ')[0], CultureInfo.InvariantCulture));

    private static long PeakRss(Process process) => OperatingSystem.IsLinux()
        ? long.Parse(File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024
        : process.PeakWorkingSet64;

    private static Process Start(string program, Dictionary<string, string> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task EndAsync(Process worker)
    {
        using var kill = Process.Start("kill", worker.Id.ToString(CultureInfo.InvariantCulture));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await worker.WaitForExitAsync(patience.Token);
    }

    private static async Task<string> CreateDatabaseAsync(Options options)
    {
        var connection = new NpgsqlConnectionStringBuilder(options.Text("database", ""));
        var name = $"bench_{Guid.NewGuid():N}";
        await using var source = NpgsqlDataSource.Create(connection);
        await using var create = source.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync();
        connection.Database = name;
        return connection.ConnectionString;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
