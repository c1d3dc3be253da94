using System.Globalization;
using System.Text.Json;

namespace SmartCity.Benchmarks.Drain;

/// <summary>
/// Prints the results of alternated runs: medians, ratios from the runs of one round, and a last line of JSON. With <c>--least-ratio</c> (engine to bare consumer, by processor
/// time) and <c>--most-allocated</c> (bytes a reading) it also judges: both hold on any machine, since they compare within one run.
/// </summary>
internal static class Table
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Returns what the process ends with: 1 where a bound is broken.</summary>
    public static int Print(TextReader results, Options options)
    {
        var runs = new List<Measurement>();
        while (results.ReadLine() is { } line)
        {
            if (line.StartsWith('{'))
            {
                runs.Add(Measurement.Parse(line));
            }
        }

        var byWhat = runs.GroupBy(run => run.What).ToDictionary(group => group.Key, group => group.ToList());
        Console.WriteLine("| | runs | readings/s | readings/CPU-s | of the consumer, by run | allocated a reading | peak RSS, MB | rows |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var (what, of) in byWhat)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {what} | {of.Count} | {Median(of, r => r.PerWallS):N0} | {Median(of, r => r.PerCpuS):N0} | {string.Join(", ", Ratios(byWhat, what, "consume").Select(r => r.ToString("0.000", CultureInfo.InvariantCulture)))} | {Median(of, r => r.AllocatedPerReading):0} | {Median(of, r => r.PeakRssMb):0} | {Median(of, r => r.Rows):0} |"));
        }

        Console.WriteLine(JsonSerializer.Serialize(
            new
            {
                Readings = runs.Count > 0 ? runs[0].Readings : 0,
                EngineVsConsumer = MedianRatio(byWhat, "engine", "consume"),
                EngineVsKafkaStreams = MedianRatio(byWhat, "engine", "kafka-streams"),
                WorkerVsConsumer = MedianRatio(byWhat, "worker", "consume"),
                ParseVsConsumer = MedianRatio(byWhat, "parse", "consume"),
                EngineCpuAboveConsumerUs = Difference(byWhat, "engine", "consume"),
                AllocatedPerReading = Of(byWhat, "engine", r => r.AllocatedPerReading),
                PeakRssMb = Of(byWhat, "engine", r => r.PeakRssMb),
                WorkerPeakRssMb = Of(byWhat, "worker", r => r.PeakRssMb),
            },
            Json));
        return Judge(byWhat, options);
    }

    private static int Judge(Dictionary<string, List<Measurement>> byWhat, Options options)
    {
        var (least, most) = (double.Parse(options.Text("least-ratio", "0"), CultureInfo.InvariantCulture), options.Whole("most-allocated", int.MaxValue));
        var (ratio, allocated) = (MedianRatio(byWhat, "engine", "consume") ?? 1, Of(byWhat, "engine", r => r.AllocatedPerReading) ?? 0);
        if (ratio >= least && allocated <= most)
        {
            return 0;
        }

        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The engine has become dearer: {ratio} of the bare consumer (at least {least}), {allocated} bytes a reading (at most {most})."));
        return 1;
    }

    private static double Median(IEnumerable<Measurement> runs, Func<Measurement, double> figure) => Median(runs.Select(figure));

    private static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static IEnumerable<double> Ratios(Dictionary<string, List<Measurement>> byWhat, string one, string other) =>
        byWhat.TryGetValue(one, out var ones) && byWhat.TryGetValue(other, out var others) ? ones.Zip(others, (a, b) => a.PerCpuS / b.PerCpuS) : [];

    private static double? MedianRatio(Dictionary<string, List<Measurement>> byWhat, string one, string other) =>
        Ratios(byWhat, one, other).ToList() is { Count: > 0 } ratios ? Math.Round(Median(ratios), 4) : null;

    private static double? Difference(Dictionary<string, List<Measurement>> byWhat, string one, string other) =>
        byWhat.TryGetValue(one, out var ones) && byWhat.TryGetValue(other, out var others) ? Math.Round(1e6 * Median(ones.Zip(others, (a, b) => (1 / a.PerCpuS) - (1 / b.PerCpuS))), 3) : null;

    private static double? Of(Dictionary<string, List<Measurement>> byWhat, string what, Func<Measurement, double> figure) =>
        byWhat.TryGetValue(what, out var runs) ? Math.Round(Median(runs, figure), 1) : null;
}
