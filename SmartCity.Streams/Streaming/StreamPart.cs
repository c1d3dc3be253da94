using SmartCity.Streams.City;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Hosting;
using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Streaming;

/// <summary>Runs the city's topology. A fault of it ends the worker: whoever runs the worker starts it anew, and it goes on where it was committed.</summary>
internal sealed partial class StreamPart(
    WorkerSettings settings, TopicSetup topics, ReadingsSummary summary, TimeProvider clock, ILoggerFactory loggers, ILogger<StreamPart> logger) : IWorkerPart
{
    /// <summary>Of the ten seconds a worker has to stop, what the stream may take before it gives up what it is doing, which may take three more; the rest is the host's.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private volatile KafkaStreams? _streams;

    public string Name => "stream";

    public bool EndsWorker => true;

    public bool IsAlive => _streams?.Status().ThreadsAlive ?? true;

    public bool IsReady => _streams?.Status() is { State: StreamsState.Running } status && !status.Windows.Any(window => window.Restoring);

    public string State => _streams?.State.ToString().ToLowerInvariant() ?? "waiting for kafka";

    public IEnumerable<string> Warnings
        => _streams?.Status().Windows.Where(window => window.PartialsForFinalWindows > 0)
            .Select(window => $"Partition {window.Partition} of the repartition topic had {window.PartialsForFinalWindows} partials for windows that were final") ?? [];

    /// <summary>What every task does now; null before the start.</summary>
    public StreamsStatus? Status => _streams?.Status();

    public async Task RunAsync(CancellationToken stopping)
    {
        await topics.ReadyAsync(stopping);
        var options = settings.Streams;
        var topology = CityTopology.Build(options.Window.ToEngine(), settings.Readings, settings.Kafka.Topics);
        await using var streams = new KafkaStreams(topology, options.ToEngine(settings.Kafka, clock), loggers);
        _streams = streams;
        try
        {
            await streams.StartAsync(stopping);
            Started(options.ApplicationId, options.Threads, options.Guarantee);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            var summaries = summary.RunAsync(streams.Status, ended.Token);
            await Task.WhenAny(streams.Completion, Task.Delay(Timeout.Infinite, stopping));
            await ended.CancelAsync();
            await summaries;
        }
        finally
        {
            await streams.StopAsync(StopTimeout);
        }

        if (streams.Fault is { } fault)
        {
            throw new WorkerFault(fault.Message, fault);
        }
    }

    [LoggerMessage(1120, LogLevel.Information, "Stream {ApplicationId} started with {Threads} thread(s) for each stage, {Guarantee}")]
    private partial void Started(string applicationId, int threads, ProcessingGuarantee guarantee);
}
