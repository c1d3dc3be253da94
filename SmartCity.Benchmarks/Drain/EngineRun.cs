using System.Diagnostics;

using Microsoft.Extensions.Logging;

using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Benchmarks.Drain;

/// <summary>
/// The city's topology on the engine as the worker runs it: exactly once, with RocksDB, changelog and output. It is done when every window task has merged all blocks and
/// emitted all rows. <c>--threads 1</c>, <c>--advance 1</c> (minutes), <c>--guarantee at-least-once</c>.
/// </summary>
internal static class EngineRun
{
    public static async Task RunAsync(Options options)
    {
        await options.RenewOutputsAsync();
        var (_, total) = await options.SensorsAsync();
        var state = Directory.CreateTempSubdirectory("smartcity-bench-").FullName;
        try
        {
            var config = new StreamsConfig
            {
                ApplicationId = $"bench-{Guid.NewGuid():N}"[..20],
                Client = new Dictionary<string, string> { ["bootstrap.servers"] = options.BootstrapServers },
                StateDirectory = state,
                Threads = options.Whole("threads", 1),
                Guarantee = options.Text("guarantee", "") == "at-least-once" ? ProcessingGuarantee.AtLeastOnce : ProcessingGuarantee.ExactlyOnce,
            };
            (await Measurement.OfThisProcessAsync("engine", total, watch => DrainAsync(options, config, total, watch))).Write();
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task<long> DrainAsync(Options options, StreamsConfig config, long total, Stopwatch watch)
    {
        using var loggers = LoggerFactory.Create(b => b.SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        var windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)).AdvanceBy(TimeSpan.FromMinutes(options.Whole("advance", 1)));
        await using var streams = new KafkaStreams(CityTopology.Build(windows, new ReadingRules(), options.Topics), config, loggers);
        await streams.StartAsync(CancellationToken.None);
        var (rows, changedAt) = (-1L, TimeSpan.Zero);
        while (!streams.Completion.IsCompleted && (!IsDone(streams.Status(), total) || watch.Elapsed - changedAt < TimeSpan.FromSeconds(2.5)))
        {
            await Task.WhenAny(streams.Completion, Task.Delay(50));
            var status = streams.Status();
            if (status.Windows.Sum(w => w.RowsEmitted) is var now && (now != rows || !IsDone(status, total)))
            {
                (rows, changedAt) = (now, watch.Elapsed);
            }
        }

        await streams.StopAsync(TimeSpan.FromSeconds(30));
        return streams.Fault is { } fault ? throw new InvalidOperationException("The engine stopped.", fault) : rows;
    }

    /// <summary>All is read, and every window task knows the stream time of every input partition: so it has merged their last blocks.</summary>
    private static bool IsDone(StreamsStatus status, long total)
    {
        if (status.Inputs.Count == 0 || status.Inputs.Sum(i => i.NextOffset) < total)
        {
            return false;
        }

        var watermark = status.Inputs.Min(i => i.StreamTime);
        return status.Windows.Count > 0 && status.Windows.All(w => w.Watermark == watermark);
    }
}
