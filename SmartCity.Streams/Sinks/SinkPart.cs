using SmartCity.Streams.Configuration;
using SmartCity.Streams.Hosting;
using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Sinks;

/// <summary>Runs one sink as a part of the worker. A fault of it stops the sink, and the rest of the worker goes on, degraded.</summary>
internal class SinkPart(ISink sink, WorkerSettings settings, TopicSetup topics, TimeProvider clock, ILogger logger) : IWorkerPart
{
    private volatile SinkConsumer? _consumer;

    public string Name => sink.Name;

    public bool EndsWorker => false;

    public bool IsAlive => _consumer?.IsAlive ?? true;

    public bool IsReady => _consumer?.Status.State is SinkState.Running or SinkState.Retrying;

    public string State => _consumer?.Status.State.ToString().ToLowerInvariant() ?? Waiting;

    /// <summary>How the sink stands; null before it runs.</summary>
    public SinkStatus? Status => _consumer?.Status;

    public IEnumerable<string> Warnings => _consumer?.Status is { State: SinkState.Retrying, LastError: { } error } ? [$"Sink {Name} fails and is tried again: {error}"] : [];

    /// <summary>What it is waiting for before it can start.</summary>
    protected string Waiting { get; set; } = "waiting for kafka";

    /// <summary>How the sink's consumer runs.</summary>
    public static SinkOptions Options(WorkerSettings settings) => new()
    {
        ApplicationId = settings.Streams.ApplicationId,
        Client = settings.Kafka.ClientProperties,
        SessionTimeout = settings.Streams.SessionTimeout,
    };

    public async Task RunAsync(CancellationToken stopping)
    {
        await PrepareAsync(stopping);
        await topics.ReadyAsync(stopping);
        using var consumer = new SinkConsumer(sink, Options(settings), clock, logger);
        await consumer.StartAsync(stopping);
        _consumer = consumer;
        await Task.WhenAny(consumer.Ended, Task.Delay(Timeout.Infinite, stopping));
        await consumer.StopAsync(CancellationToken.None);
        if (consumer.Status is { State: SinkState.Failed } status)
        {
            throw new SinkFaultException(status.LastError ?? "The sink failed.");
        }
    }

    /// <summary>What must be done before the sink can be started.</summary>
    protected virtual Task PrepareAsync(CancellationToken stopping) => Task.CompletedTask;
}
