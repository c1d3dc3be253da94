using System.Globalization;

using Confluent.Kafka;
using Polly;
using Polly.Retry;

namespace SmartCity.Streams.Sinks;

/// <summary>
/// Drives one sink: a consumer of its own on a dedicated thread. The sink's slow work runs beside that thread and is tried again for as long as it fails;
/// the thread waits for short work, and for longer work pauses the partitions and goes on polling, so that no outage ever costs the group membership.
/// </summary>
internal sealed class SinkConsumer : IHostedService, IDisposable
{
    private static readonly TimeSpan IdlePoll = TimeSpan.FromMilliseconds(50);
    private const int RecordsPerBurst = 5_000;

    // Longer than the longest pause before a new consumer is made, and than a rebalance may wait.
    private static readonly TimeSpan LongestRound = TimeSpan.FromMinutes(1);

    private readonly ISink _sink;
    private readonly SinkOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly SinkMetrics _metrics;
    private readonly SinkTraces _traces;
    private readonly ResiliencePipeline _retry;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Of one consumer's life; the polling thread's own.
    private readonly Dictionary<TopicPartition, SinkPartition> _partitions = [];
    private readonly List<TopicPartition> _toOpen = [];
    private readonly List<TopicPartition> _toClose = [];
    private IConsumer<Ignore, int> _consumer = null!;
    private ScratchDeserializer _values = null!;
    private SinkGroup _group = null!;
    private RunningWork? _running;
    private bool _paused;
    private bool _full;

    // What others may read.
    private readonly Lock _statusLock = new();
    private long _lastRound;
    private volatile SinkState _state = SinkState.Starting;
    private IReadOnlyList<SinkPartitionStatus> _partitionStatus = [];
    private long _oldestUnsafeMs = long.MaxValue;
    private long _rows;
    private long _retries;
    private int _failures;
    private (string Message, DateTimeOffset At)? _lastError;

    public SinkConsumer(ISink sink, SinkOptions options, TimeProvider clock, ILogger logger)
    {
        (_sink, _options, _clock, _logger) = (sink, options, clock, logger);
        _metrics = new SinkMetrics(sink.Name, () => Delay().TotalSeconds);
        _traces = new SinkTraces(sink.Name, GroupId);
        _retry = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = static args => ValueTask.FromResult(IsWorthAnotherTry(args.Outcome.Exception, args.Context.CancellationToken)),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.FirstRetry,
                MaxDelay = options.LongestRetry,
                MaxRetryAttempts = int.MaxValue,
                OnRetry = args =>
                {
                    FailedOnce(args.Outcome.Exception!, args.RetryDelay);
                    return default;
                },
            })
            .Build();
    }

    /// <summary>The group's name.</summary>
    public string GroupId => $"{_options.ApplicationId}-{_sink.Name}";

    /// <summary>How the sink stands now. Any thread.</summary>
    public SinkStatus Status
    {
        get
        {
            lock (_statusLock)
            {
                return new SinkStatus(
                    _sink.Name, _state, Delay(), Interlocked.Read(ref _rows), Interlocked.Read(ref _retries), _lastError?.Message, _lastError?.At, _partitionStatus);
            }
        }
    }

    /// <summary>False when the polling thread has not gone round for a minute, which no outage explains.</summary>
    public bool IsAlive => _ended.Task.IsCompleted || _clock.GetElapsedTime(Interlocked.Read(ref _lastRound)) < LongestRound;

    /// <summary>Ends when the sink has stopped, cleanly or by a fault.</summary>
    public Task Ended => _ended.Task;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref _lastRound, _clock.GetTimestamp());
        var thread = new Thread(Run) { IsBackground = true, Name = $"sink-{_sink.Name}" };
        thread.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _stop.Cancel();
        return _ended.Task.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        try
        {
            SinkLog.Started(_logger, _sink.Name, string.Join(", ", _sink.Topics), GroupId);
            _retry.Execute(Live, _stop.Token);
            Become(SinkState.Stopped);
            SinkLog.Stopped(_logger, _sink.Name, "");
        }
        catch (OperationCanceledException)
        {
            Become(SinkState.Stopped);
            SinkLog.Stopped(_logger, _sink.Name, " while its consumer could not be made");
        }
        catch (Exception fault)
        {
            RememberError(fault);
            Become(SinkState.Failed);
            SinkLog.Failed(_logger, fault, _sink.Name, fault.Message);
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    /// <summary>One consumer's life: until a stop, or a failure after which a new consumer is made.</summary>
    private void Live(CancellationToken stop)
    {
        _values = new ScratchDeserializer();
        using var consumer = Build();
        (_consumer, _group) = (consumer, new SinkGroup(consumer));
        try
        {
            consumer.Subscribe(_sink.Topics);
            while (!stop.IsCancellationRequested)
            {
                FinishWork();
                StartWork(everything: false);
                SeekWhereNeeded();
                ReadBurst();
                Publish();
                Interlocked.Exchange(ref _lastRound, _clock.GetTimestamp());
            }

            StopCleanly();
        }
        catch (Exception e) when (e is not SinkFaultException)
        {
            SinkLog.ConsumerFailed(_logger, e, _sink.Name);
            throw;
        }
        finally
        {
            EndLife();
        }
    }

    private void ReadBurst()
    {
        var result = Consume(_running is null || _paused ? IdlePoll : TimeSpan.Zero);
        for (var read = 0; result is not null; result = Consume(TimeSpan.Zero))
        {
            if (_partitions.TryGetValue(result.TopicPartition, out var partition))
            {
                partition.IsLocated = true;
                if (result.IsPartitionEOF)
                {
                    partition.EndSeen = result.Offset;
                }
                else
                {
                    Offer(partition, result);
                }
            }

            if (_full || _running is not null || ++read == RecordsPerBurst)
            {
                return;
            }
        }
    }

    private ConsumeResult<Ignore, int>? Consume(TimeSpan wait)
    {
        try
        {
            return _consumer.Consume(wait);
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            NoteKafkaError(e.Error);
            return null;
        }
    }

    private void Offer(SinkPartition partition, ConsumeResult<Ignore, int> result)
    {
        if (!partition.IsOpen || partition.Seek is not null || result.Offset < partition.Position)
        {
            return;
        }

        var length = result.Message.Value;
        var timestampMs = result.Message.Timestamp.UnixTimestampMs;
        var record = new SinkRecord
        {
            Partition = partition.Partition,
            Offset = result.Offset,
            TimestampMs = timestampMs,
            Value = _values.Value(length),
            IsTombstone = length < 0,
            Headers = result.Message.Headers,
        };
        var take = _sink.Take(record);
        if (take == SinkTake.Refused)
        {
            partition.Seek = result.Offset;
        }
        else
        {
            partition.Took(result.Offset, timestampMs);
            _traces.Took(result.Message.Headers);
        }

        _full |= take != SinkTake.Taken;
    }

    private void StartWork(bool everything)
    {
        PauseNewcomers();
        if (_running is not null)
        {
            return;
        }

        if (_toClose.Count > 0)
        {
            _sink.Close([.. _toClose]);
            _toClose.Clear();
        }

        if (!everything && _toOpen.FindAll(IsLocated) is { Count: > 0 } opening)
        {
            _toOpen.RemoveAll(IsLocated);
            Begin(RunningWork.Opening(Known(opening), _retry, ct => OpenAsync(opening, ct)));
        }
        else if (_sink.Due(everything) is { } work)
        {
            _traces.Begin();
            Begin(RunningWork.Of(work, Known(work.Partitions), _retry));
        }

        _full = false;
    }

    private void Begin(RunningWork work)
    {
        _running = work;
        if (!work.Wait(_options.PauseAfter))
        {
            Pause(_partitions.Values.Where(p => p.IsOpen).Select(p => p.Partition));
            _paused = true;
        }
    }

    /// <summary>Takes in what ended work has brought.</summary>
    private void FinishWork()
    {
        if (_running is not { IsCompleted: true } work)
        {
            return;
        }

        _running = null;
        try
        {
            var outcome = work.Result();
            Apply(work, outcome);
            _traces.End(outcome.Rows);
            Succeeded();
        }
        catch (OperationCanceledException)
        {
            // Given up on a revoke: the partitions are gone, and what is held of others is still due.
            _traces.End(rows: null);
            _toOpen.AddRange(work.IsOpening ? work.Partitions.Where(IsStillOurs).Select(p => p.Partition) : []);
        }
        finally
        {
            work.Dispose();
        }

        if (_paused)
        {
            _paused = false;
            Resume(_partitions.Values.Where(p => p.IsOpen && p.Seek is null).Select(p => p.Partition));
        }
    }

    private void Apply(RunningWork work, SinkOutcome outcome)
    {
        foreach (var partition in work.IsOpening ? [] : work.Partitions.Where(IsStillOurs))
        {
            partition.AllIsSafe();
        }

        foreach (var offset in outcome.GoOnFrom ?? [])
        {
            if (work.Partitions.FirstOrDefault(p => p.Partition == offset.TopicPartition) is { } partition && IsStillOurs(partition))
            {
                partition.StartAt(offset.Offset);
                SinkLog.Opened(_logger, _sink.Name, Name(offset.TopicPartition), offset.Offset.Value);
            }
        }

        Interlocked.Add(ref _rows, outcome.Rows);
        _metrics.Wrote(outcome.Rows);
    }

    private SinkPartition[] Known(IEnumerable<TopicPartition> partitions) => [.. partitions.Where(_partitions.ContainsKey).Select(p => _partitions[p])];

    // A partition may have gone and come back while work was under way: then it is to be opened anew.
    private bool IsStillOurs(SinkPartition partition) => _partitions.TryGetValue(partition.Partition, out var now) && ReferenceEquals(now, partition);

    private async Task<SinkOutcome> OpenAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        var starts = new List<TopicPartitionOffset>();
        foreach (var start in await _sink.OpenAsync(partitions, _group, cancellationToken))
        {
            starts.Add(await CheckAsync(start, cancellationToken));
        }

        return new SinkOutcome(0, starts);
    }

    /// <summary>Says so when the log does not hold what the sink wants to read next.</summary>
    private async Task<TopicPartitionOffset> CheckAsync(TopicPartitionOffset start, CancellationToken cancellationToken)
    {
        var watermarks = await _group.WatermarksAsync(start.TopicPartition, cancellationToken);
        if (start.Offset == Offset.Beginning)
        {
            return new TopicPartitionOffset(start.TopicPartition, watermarks.Low);
        }

        if (start.Offset > watermarks.High)
        {
            throw new SinkFaultException(
                $"Sink {_sink.Name} has read {Name(start.TopicPartition)} up to offset {start.Offset}, but the log ends at {watermarks.High}: the topic has been made anew. "
                + $"Give the worker another Streams:ApplicationId, or reset group {GroupId}.");
        }

        if (start.Offset < watermarks.Low)
        {
            SinkLog.Missed(_logger, _sink.Name, Name(start.TopicPartition), start.Offset, watermarks.Low.Value - 1);
            return new TopicPartitionOffset(start.TopicPartition, watermarks.Low);
        }

        return start;
    }

    private void SeekWhereNeeded()
    {
        foreach (var partition in _partitions.Values)
        {
            // A refused record waits for the work that it asked for.
            if (partition.Seek is not { } offset || !partition.IsOpen || _running is not null)
            {
                continue;
            }

            try
            {
                _consumer.Seek(new TopicPartitionOffset(partition.Partition, offset));
                Resume([partition.Partition]);
                partition.Seek = null;
            }
            catch (KafkaException e) when (!e.Error.IsFatal)
            {
                // The assignment is still settling in the client; the next round tries again.
            }
        }
    }

    private void StopCleanly()
    {
        var deadline = _clock.GetTimestamp();
        while (_options.StopTimeout - _clock.GetElapsedTime(deadline) is var left && left > TimeSpan.Zero)
        {
            if (_running is { } running && !running.Wait(left))
            {
                break;
            }

            FinishWork();
            StartWork(everything: true);
            if (_running is null)
            {
                return;
            }
        }

        SinkLog.Unfinished(_logger, _sink.Name);
    }

    private void EndLife()
    {
        _running?.Cancel();
        try
        {
            _consumer.Close();
        }
        catch (KafkaException e)
        {
            NoteKafkaError(e.Error);
        }

        // No commit can leave any more. What the work holds must not be touched before it has ended; at a stop the process ends it.
        _group.Close();
        var ended = _running?.Wait(_stop.IsCancellationRequested ? _options.RevokeTimeout : Timeout.InfiniteTimeSpan) ?? true;
        if (ended)
        {
            _sink.Close([.. _toClose.Concat(_partitions.Keys).Distinct()]);
        }

        _traces.Forget();
        _running = null;
        _toClose.Clear();
        _toOpen.Clear();
        _partitions.Clear();
        (_paused, _full) = (false, false);
        Publish();
    }

    private IConsumer<Ignore, int> Build()
    {
        var config = new ConsumerConfig(new Dictionary<string, string>(_options.Client))
        {
            GroupId = GroupId,
            GroupProtocol = GroupProtocol.Classic,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
            IsolationLevel = IsolationLevel.ReadCommitted,
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnablePartitionEof = true,
            ConsumeResultFields = _sink.NeedsHeaders || SinkTraces.IsWanted ? "headers,timestamp,topic" : "timestamp,topic",
            SessionTimeoutMs = (int)_options.SessionTimeout.TotalMilliseconds,
            HeartbeatIntervalMs = (int)(_options.SessionTimeout / 10).TotalMilliseconds,
            FetchQueueBackoffMs = 1,
            FetchWaitMaxMs = 100,
            QueuedMaxMessagesKbytes = 16 * 1024,
            TopicMetadataRefreshIntervalMs = 30_000,
            SocketTimeoutMs = 20_000,
            CoordinatorQueryIntervalMs = 5000,
        };
        return new ConsumerBuilder<Ignore, int>(config)
            .SetValueDeserializer(_values)
            .SetErrorHandler((_, error) => NoteKafkaError(error))
            .SetLogHandler((_, _) => { })
            .SetPartitionsAssignedHandler((_, partitions) => Guarded(() => Assigned(partitions)))
            .SetPartitionsRevokedHandler((_, partitions) => Guarded(() => Revoked([.. partitions.Select(p => p.TopicPartition)])))
            .SetPartitionsLostHandler((_, partitions) => Guarded(() => Lost([.. partitions.Select(p => p.TopicPartition)])))
            .Build();
    }

    private void Assigned(List<TopicPartition> partitions)
    {
        if (_state == SinkState.Starting)
        {
            Become(SinkState.Running);
        }

        _group.Own(partitions);
        foreach (var partition in partitions)
        {
            _partitions[partition] = new SinkPartition(partition);
            _toOpen.Add(partition);
        }

        SinkLog.Assigned(_logger, _sink.Name, partitions.Count, Names(partitions));
    }

    private void Revoked(List<TopicPartition> partitions)
    {
        // Work that is nearly done may end; then its commits may not any more; then it is given up.
        if (_running is { } running && running.Concerns(partitions))
        {
            running.Wait(_options.RevokeTimeout);
        }

        GiveUp(partitions);
        SinkLog.Revoked(_logger, _sink.Name, partitions.Count, Names(partitions));
    }

    private void Lost(List<TopicPartition> partitions)
    {
        GiveUp(partitions);
        SinkLog.Lost(_logger, _sink.Name, partitions.Count, Names(partitions));
    }

    private void GiveUp(List<TopicPartition> partitions)
    {
        _group.Disown(partitions);
        if (_running is { } running && running.Concerns(partitions))
        {
            running.Cancel();
        }

        // The client keeps a partition paused beyond its assignment; if it came back it would never find its place.
        Resume(partitions);
        foreach (var partition in partitions)
        {
            _partitions.Remove(partition);
            _toOpen.Remove(partition);
            _toClose.Add(partition);
        }
    }

    private void PauseNewcomers()
    {
        if (_toOpen.Exists(IsLocated))
        {
            Pause(_toOpen.Where(IsLocated));
        }
    }

    private bool IsLocated(TopicPartition partition) => _partitions[partition].IsLocated;

    private void Pause(IEnumerable<TopicPartition> partitions)
    {
        try
        {
            _consumer.Pause(partitions);
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            // Not in the client's assignment yet; its records are dropped until the sink has opened it.
        }
    }

    private void Resume(IEnumerable<TopicPartition> partitions)
    {
        try
        {
            _consumer.Resume(partitions);
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            NoteKafkaError(e.Error);
        }
    }

    private void Guarded(Action handler)
    {
        try
        {
            handler();
        }
        catch (Exception e)
        {
            // An exception that leaves a rebalance handler would unassign everything.
            SinkLog.HandlerFailed(_logger, e, _sink.Name);
        }
    }

    private static string Name(TopicPartition partition) => string.Create(CultureInfo.InvariantCulture, $"{partition.Topic}-{partition.Partition.Value}");

    private static string Names(IEnumerable<TopicPartition> partitions) => string.Join(", ", partitions.Select(Name));

    private static bool IsWorthAnotherTry(Exception? error, CancellationToken cancellationToken)
        => error switch
        {
            null or SinkFaultException => false,
            OperationCanceledException => !cancellationToken.IsCancellationRequested,
            _ => true,
        };

    private void FailedOnce(Exception error, TimeSpan delay)
    {
        var attempt = Interlocked.Increment(ref _failures);
        Interlocked.Increment(ref _retries);
        _metrics.Retried();
        RememberError(error);
        _traces.Failed(error);
        Become(SinkState.Retrying);
        // The whole exception once, unless its message says all; then the message.
        SinkLog.Retrying(_logger, attempt == 1 && !_sink.IsOutage(error) ? error : null, _sink.Name, attempt, delay, error.Message);
    }

    private void Succeeded()
    {
        Become(SinkState.Running);
        if (Interlocked.Exchange(ref _failures, 0) is var failures and > 0)
        {
            SinkLog.Recovered(_logger, _sink.Name, failures);
        }
    }

    private void NoteKafkaError(Error error)
    {
        RememberError(new KafkaException(error));
        SinkLog.KafkaError(_logger, _sink.Name, error.Reason);
    }

    private void RememberError(Exception error)
    {
        lock (_statusLock)
        {
            _lastError = (error.Message, _clock.GetUtcNow());
        }
    }

    private void Become(SinkState state) => _state = state;

    private TimeSpan Delay()
    {
        var oldest = Interlocked.Read(ref _oldestUnsafeMs);
        var age = oldest == long.MaxValue ? 0 : _clock.GetUtcNow().ToUnixTimeMilliseconds() - oldest;
        return TimeSpan.FromMilliseconds(Math.Max(0, age));
    }

    /// <summary>Makes the positions readable for other threads.</summary>
    private void Publish()
    {
        var oldest = long.MaxValue;
        var status = new SinkPartitionStatus[_partitions.Count];
        var next = 0;
        foreach (var p in _partitions.Values)
        {
            var high = _consumer.GetWatermarkOffsets(p.Partition).High;
            long? end = high.IsSpecial ? null : high.Value;
            status[next++] = new SinkPartitionStatus(p.Partition.Topic, p.Partition.Partition, p.Position, p.Safe, end);
            if ((p.OldestHeldMs ?? (end > Math.Max(p.Position, p.EndSeen) ? p.NewestSafeMs : null)) is { } timestampMs)
            {
                oldest = Math.Min(oldest, timestampMs);
            }
        }

        Interlocked.Exchange(ref _oldestUnsafeMs, oldest);
        lock (_statusLock)
        {
            _partitionStatus = status;
        }
    }
}
