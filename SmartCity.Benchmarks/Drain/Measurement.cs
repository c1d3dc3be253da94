using System.Diagnostics;
using System.Text.Json;

namespace SmartCity.Benchmarks.Drain;

/// <summary>What one run took: CPU is user and system time of the whole process.</summary>
/// <param name="What">Which of the competitors.</param>
/// <param name="Readings">Readings drained.</param>
/// <param name="WallS">Seconds by the wall.</param>
/// <param name="CpuS">Seconds of processor time.</param>
/// <param name="AllocatedPerReading">Bytes allocated on the managed heap a reading.</param>
/// <param name="PeakRssMb">The largest resident set, in MB of 10^6 bytes.</param>
/// <param name="Rows">Rows emitted, where it emits any.</param>
internal sealed record Measurement(string What, long Readings, double WallS, double CpuS, double AllocatedPerReading, double PeakRssMb, long Rows)
{
    public double PerCpuS => Readings / CpuS;

    public double PerWallS => Readings / WallS;

    private static JsonSerializerOptions Json { get; } = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Measures this process while it runs something that gives the rows emitted and the time until the last of it was done.</summary>
    public static async Task<Measurement> OfThisProcessAsync(string what, long readings, Func<Stopwatch, Task<long>> run)
    {
        var process = Process.GetCurrentProcess();
        var (cpu, allocated, watch) = (process.TotalProcessorTime, GC.GetTotalAllocatedBytes(precise: true), Stopwatch.StartNew());
        var rows = await run(watch);
        watch.Stop();
        process.Refresh();
        return new Measurement(
            what, readings, watch.Elapsed.TotalSeconds, (process.TotalProcessorTime - cpu).TotalSeconds,
            (double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / readings, process.PeakWorkingSet64 / 1e6, rows);
    }

    public static Measurement Parse(string line) => JsonSerializer.Deserialize<Measurement>(line, Json)!;

    public void Write() => Console.WriteLine(JsonSerializer.Serialize(this, Json));
}
