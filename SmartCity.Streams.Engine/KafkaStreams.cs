using Microsoft.Extensions.Logging;

namespace SmartCity.Streams.Engine;

/// <summary>The life of a running topology, as in Kafka Streams: <c>Created → Rebalancing ⇄ Running → PendingShutdown → NotRunning</c>, and <c>PendingError → Error</c> from any of them.</summary>
public enum StreamsState
{
    /// <summary>Not started.</summary>
    Created,

    /// <summary>Joining, being assigned, or restoring.</summary>
    Rebalancing,

    /// <summary>Every task is processing.</summary>
    Running,

    /// <summary>Stopping.</summary>
    PendingShutdown,

    /// <summary>Stopped in good order.</summary>
    NotRunning,

    /// <summary>A task failed; stopping.</summary>
    PendingError,

    /// <summary>Stopped by a fault; see <see cref="KafkaStreams.Fault"/>.</summary>
    Error,
}

/// <summary>Runs a <see cref="Topology"/> on Kafka: creates internal topics, starts the stream threads, and stops them in good order.</summary>
public sealed class KafkaStreams(Topology topology, StreamsConfig config, ILoggerFactory loggers) : IAsyncDisposable
{
    /// <summary>Where it is in its life.</summary>
    public StreamsState State => throw new NotImplementedException();

    /// <summary>The fault that stopped it, or null.</summary>
    public Exception? Fault => throw new NotImplementedException();

    /// <summary>Creates missing internal topics, checks what is there, and starts the threads. Throws <see cref="StreamsException"/> when it cannot run at all.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Completes when it has stopped, whether asked to or by a fault.</summary>
    public Task Completion => throw new NotImplementedException();

    /// <summary>What every task is doing now, for health and for /pipeline.</summary>
    public StreamsStatus Status() => throw new NotImplementedException();

    /// <summary>Commits, leaves the groups and stops; what is not done within <paramref name="timeout"/> is aborted.</summary>
    public Task StopAsync(TimeSpan timeout) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();

    internal Topology Topology { get; } = topology;

    internal StreamsConfig Config { get; } = config;

    internal ILoggerFactory Loggers { get; } = loggers;
}

/// <summary>A snapshot of a running topology.</summary>
/// <param name="State">Where it is in its life.</param>
/// <param name="ThreadsAlive">True when every thread has gone round its loop within the last ten seconds.</param>
/// <param name="Inputs">One entry for each input partition owned by this worker.</param>
/// <param name="Windows">One entry for each repartition partition owned by this worker.</param>
public sealed record StreamsStatus(
    StreamsState State, bool ThreadsAlive, IReadOnlyList<InputTaskStatus> Inputs, IReadOnlyList<WindowTaskStatus> Windows);

/// <summary>An input partition as its owner sees it. Lag is in records, null while unknown; stream time is null before the first reading.</summary>
public sealed record InputTaskStatus(
    string Topic, int Partition, long NextOffset, long? Lag, DateTimeOffset? StreamTime, TimeSpan IdleFor, long Records, long Late, long DeadLettered);

/// <summary>A repartition partition as its owner sees it.</summary>
public sealed record WindowTaskStatus(
    int Partition, bool Restoring, long RestoreRemaining, DateTimeOffset? Watermark, int WatermarkHolder, long OpenWindows, long RowsEmitted, long PartialsForFinalWindows);
