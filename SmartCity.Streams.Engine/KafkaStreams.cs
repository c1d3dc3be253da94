using Microsoft.Extensions.Logging;
using SmartCity.Streams.Engine.Runtime;

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

/// <summary>
/// Runs a <see cref="Topology"/> on Kafka: creates internal topics, starts the stream threads, and stops them in good order. It runs once; a worker that
/// wants to begin again makes another.
/// </summary>
public sealed class KafkaStreams : IAsyncDisposable
{
    /// <summary>The name of the activity source that has the spans of records which belong to a trace (W3C <c>traceparent</c> in their headers). Nothing looks for that header unless somebody listens at the start.</summary>
    public const string TraceSource = "SmartCity.Streams.Engine";

    private static readonly TimeSpan s_aliveWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_abortTime = TimeSpan.FromSeconds(3);

    private readonly TopologyPlan _topology;
    private readonly StreamsConfig _config;
    private readonly ILogger _log;
    private readonly StateMachine _state;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _watch = new();
    private List<IStreamThread> _threads = [];
    private StreamsMetrics? _metrics;
    private InstanceFolder? _folder;
    private LogBounds? _bounds;
    private Task _watching = Task.CompletedTask;
    private Exception? _fault;

    /// <summary>Prepares to run a topology; nothing happens before <see cref="StartAsync"/>.</summary>
    public KafkaStreams(Topology topology, StreamsConfig config, ILoggerFactory loggers)
        : this(TopologyPlan.Of(topology), config, loggers)
    {
    }

    internal KafkaStreams(TopologyPlan topology, StreamsConfig config, ILoggerFactory loggers)
    {
        _topology = topology;
        _config = config;
        _log = loggers.CreateLogger<KafkaStreams>();
        _state = new StateMachine(config.ApplicationId, _log);
    }

    /// <summary>Where it is in its life.</summary>
    public StreamsState State => _state.Current;

    /// <summary>The fault that stopped it, or null.</summary>
    public Exception? Fault => _fault;

    /// <summary>Completes when it has stopped: in good order when asked to, with the exception of the fault otherwise.</summary>
    public Task Completion => _completion.Task;

    /// <summary>
    /// Creates missing internal topics, checks what is there, and starts the threads. Waits for brokers that do not answer, until it is cancelled; throws
    /// <see cref="StreamsException"/> when it cannot run at all.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _state.Go(StreamsState.Rebalancing);
        try
        {
            ConfigCheck.Throw(_config);
            var clients = new Clients(_config, _log);
            var cluster = await new ClusterCheck(_topology, _config, clients, _log).RunAsync(cancellationToken).ConfigureAwait(false);
            _folder = InstanceFolder.Take(_config.StateDirectory, _config.ApplicationId);
            _metrics = new StreamsMetrics(_config.MetricPrefix, _config.Clock);
            _bounds = new LogBounds(clients);
            Log.Starting(
                _log, _config.ApplicationId, _folder.FullPath, _folder.Id, cluster.Inputs.Count, cluster.RepartitionPartitions, cluster.Epoch, cluster.Fingerprint);
            var threads = MakeThreads(new ThreadContext(_topology, _config, cluster, clients, _bounds, _folder, _metrics, _log));
            if (_state.Current != StreamsState.Rebalancing)
            {
                throw new OperationCanceledException($"{_config.ApplicationId} was stopped while it was starting.");
            }

            _threads = threads;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && _state.TryGo(StreamsState.PendingShutdown))
        {
            Release();
            _state.Go(StreamsState.NotRunning);
            _completion.TrySetResult();
            throw;
        }
        catch (Exception e)
        {
            Release();
            if (_state.TryGo(StreamsState.PendingError))
            {
                _fault = e;
                _state.Go(StreamsState.Error);
                _completion.TrySetException(e);
                _ = _completion.Task.Exception; // seen: it is thrown here as well
            }

            throw;
        }

        foreach (var thread in _threads)
        {
            thread.Start();
        }

        _watching = Task.Run(WatchAsync, CancellationToken.None);
    }

    /// <summary>What every task is doing now, for health and for /pipeline.</summary>
    public StreamsStatus Status()
    {
        var now = _config.Clock.GetTimestamp();
        var alive = _threads.TrueForAll(t => !t.Ended.IsCompleted && _config.Clock.GetElapsedTime(t.LastBeat, now) < s_aliveWithin);
        return new StreamsStatus(
            State, alive,
            _metrics?.Inputs.OrderBy(i => i.Topic, StringComparer.Ordinal).ThenBy(i => i.Partition).ToList() ?? [],
            _metrics?.Windows.OrderBy(w => w.Partition).ToList() ?? []);
    }

    /// <summary>Commits, leaves the groups and stops; what is not done within <paramref name="timeout"/> is aborted.</summary>
    public async Task StopAsync(TimeSpan timeout)
    {
        if (_state.TryGo(StreamsState.PendingShutdown))
        {
            if (_threads.Count == 0)
            {
                _state.Go(StreamsState.NotRunning);
                _completion.TrySetResult();
                return;
            }

            _threads.ForEach(t => t.RequestStop());
        }

        var ended = Task.WhenAll(_threads.Select(t => t.Ended));
        if (await Task.WhenAny(ended, Task.Delay(timeout)).ConfigureAwait(false) != ended)
        {
            Log.StopTimedOut(_log);
            _threads.ForEach(t => t.Abandon());
        }

        await Task.WhenAny(_watching, Task.Delay(s_abortTime)).ConfigureAwait(false);
    }

    /// <summary>Stops within ten seconds, if it is still running.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
        _watch.Dispose();
    }

    private List<IStreamThread> MakeThreads(ThreadContext context)
    {
        var threads = new List<IStreamThread>();
        for (var i = 0; i < _config.Threads; i++)
        {
            if (_config.Roles.HasFlag(StreamsRoles.Combine))
            {
                threads.Add(new CombineThread(context, i));
            }

            if (_config.Roles.HasFlag(StreamsRoles.Windows) && _topology.StoreName is not null)
            {
                threads.Add(new WindowThread(context, i));
            }
        }

        return threads.Count > 0 ? threads : throw new StreamsException(
            $"There is nothing to run: Roles is {_config.Roles}, and the topology has {(_topology.StoreName is null ? "no" : "a")} window stage. Set Roles to All.");
    }

    /// <summary>Follows the threads: whether all are settled, and whether one has ended.</summary>
    private async Task WatchAsync()
    {
        var open = _threads.Select(t => t.Ended).ToList<Task>();
        while (open.Count > 0)
        {
            var first = await Task.WhenAny(open.Append(Task.Delay(100))).ConfigureAwait(false);
            if (first is Task<Exception?> ended)
            {
                open.Remove(first);
                if (await ended.ConfigureAwait(false) is { } fault)
                {
                    _fault ??= fault;
                    _state.TryGo(StreamsState.PendingError);
                    _threads.ForEach(t => t.RequestStop());
                }
            }

            _state.TryGo(_threads.TrueForAll(t => t.IsSettled) ? StreamsState.Running : StreamsState.Rebalancing);
        }

        Release();
        if (_fault is not null)
        {
            _state.TryGo(StreamsState.PendingError);
            _state.Go(StreamsState.Error);
            _completion.SetException(_fault);
        }
        else
        {
            _state.Go(StreamsState.NotRunning);
            _completion.SetResult();
        }
    }

    private void Release()
    {
        _bounds?.Dispose();
        _folder?.Dispose();
        _metrics?.Dispose();
    }
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
