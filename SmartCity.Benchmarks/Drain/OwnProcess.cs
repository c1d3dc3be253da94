using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

using Npgsql;

namespace SmartCity.Benchmarks.Drain;

/// <summary>A program of the platform that is measured as a process of its own, and what such a run needs around it.</summary>
internal static class OwnProcess
{
    /// <summary>Starts a program's DLL with settings as environment variables.</summary>
    public static Process Start(string program, Dictionary<string, string> settings, params string[] arguments)
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

    /// <summary>Asks it to stop, and waits until it has.</summary>
    public static async Task EndAsync(Process process)
    {
        if (process.HasExited)
        {
            return;
        }

        using var kill = Process.Start("kill", process.Id.ToString(CultureInfo.InvariantCulture));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await process.WaitForExitAsync(patience.Token);
    }

    /// <summary>The largest resident set so far, in bytes.</summary>
    public static long PeakRss(Process process) => OperatingSystem.IsLinux() ? StatusBytes(process, "VmHWM") : process.PeakWorkingSet64;

    /// <summary>The sum of a metric over all labels, or those with a value, in Prometheus' text form: <c>name{labels} value timestamp</c>.</summary>
    public static double Sum(string metrics, string name, string label = "") => metrics.Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is '{' or ' ' && line.Contains(label, StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Replace(name, "", StringComparison.Ordinal).Trim().Split(' ')[0], CultureInfo.InvariantCulture));

    /// <summary>A new database on the server of a connection string.</summary>
    public static async Task<string> CreateDatabaseAsync(string server)
    {
        var connection = new NpgsqlConnectionStringBuilder(server);
        var name = $"bench_{Guid.NewGuid():N}";
        await using var source = NpgsqlDataSource.Create(connection);
        await using var create = source.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync();
        connection.Database = name;
        return connection.ConnectionString;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static long StatusBytes(Process process, string name) =>
        long.Parse(File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
}
