using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>What every stream thread of a worker shares.</summary>
internal sealed record ThreadContext(
    TopologyPlan Topology, StreamsConfig Config, ClusterPlan Cluster, Clients Clients, LogBounds Bounds, InstanceFolder Folder, StreamsMetrics Metrics, ILogger Log);

/// <summary>A stream thread as its worker sees it.</summary>
internal interface IStreamThread
{
    string Name { get; }

    /// <summary>It has its share of the partitions and all of them are running.</summary>
    bool IsSettled { get; }

    /// <summary>When it last went round its loop, by <see cref="TimeProvider.GetTimestamp"/>.</summary>
    long LastBeat { get; }

    /// <summary>Completes when the thread has ended, with the fault that ended it.</summary>
    Task<Exception?> Ended { get; }

    void Start();

    /// <summary>Commit, leave the group and end.</summary>
    void RequestStop();

    /// <summary>Wait for nothing any more: abort and end.</summary>
    void Abandon();
}

/// <summary>
/// The loop that both stages share: poll, process, commit, and after any failure go back to what is committed. Only this thread touches its tasks; what
/// may take long (committed offsets, end offsets) is asked for in the background, so that polling never stops.
/// </summary>
internal abstract class StreamThread<TSlot> : IStreamThread
    where TSlot : Slot
{
    private const int Batch = 256;
    private const long MaxBufferedBytes = 64 << 20;
    private const int MostAbortTries = 3;
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_brokerWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestBackoff = TimeSpan.FromSeconds(5);

    private readonly string _group;
    private readonly string[] _topics;
    private readonly string? _onlyTopic;
    private readonly bool _exactlyOnce;
    private readonly bool _traced = BatchSpan.IsWanted;
    private readonly TaskCompletionSource<Exception?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CommitPacer _pacer;
    private readonly List<TopicPartitionOffset> _offsets = [];
    private readonly List<TSlot> _committing = [];
    private readonly Queue<long> _fencings = new();
    private readonly TSlot?[] _slots;
    private readonly RecordBatch? _batch;

    private Recovery _recovery = Recovery.NewProducer;
    private int _abortTries;
    private TimeSpan _backoff;
    private long _retryAt;
    private long _tickAt;
    private Task<IReadOnlyDictionary<TSlot, LoadedPosition>>? _load;
    private Dictionary<TSlot, int> _loading = [];
    private long _loadAt;
    private Exception? _handlerFault;
    private int _fencingsSeen;
    private bool _begun;
    private bool _joined;
    private bool _leaving;
    private bool _commitNow;
    private volatile bool _settled;
    private volatile bool _stop;
    private long _lastBeat;

    protected StreamThread(ThreadContext context, string stage, int index, string group, IReadOnlyList<string> topics, int partitions)
    {
        Context = context;
        Name = $"{stage}-{index}";
        Stage = stage;
        _group = group;
        _topics = [.. topics];
        _onlyTopic = topics.Count == 1 ? topics[0] : null;
        _slots = new TSlot?[partitions];
        _exactlyOnce = context.Config.Guarantee == ProcessingGuarantee.ExactlyOnce;
        _pacer = new CommitPacer(context.Config.CommitInterval, context.Config.MaxCommitInterval, context.Config.Clock);
        Output = new Output(
            context.Clients.Producer(Name, $"{context.Config.ApplicationId}-{context.Folder.Id}-{Name}"), _exactlyOnce, context.Cluster.Topics.Changelog, context.Log)
        {
            Waiting = Beat,
        };
        Consumer = context.Clients.Consumer(group, Name, topics.Count == 1, _traced, Key, Value)
            .SetPartitionsAssignedHandler((_, partitions) => OnAssigned(partitions))
            .SetPartitionsRevokedHandler((_, partitions) => OnRevoked(partitions))
            .SetPartitionsLostHandler((_, partitions) => OnLost(partitions))
            .Build();
        _batch = _onlyTopic is not null && RecordsPerCheck > 1 ? RecordBatch.Of(Consumer.Handle, RecordsPerCheck) : null;
    }

    private enum Recovery
    {
        None,
        Abort,
        NewProducer,
    }

    public string Name { get; }

    public bool IsSettled => _settled;

    public long LastBeat => Volatile.Read(ref _lastBeat);

    public Task<Exception?> Ended => _ended.Task;

    protected string Stage { get; }

    protected ThreadContext Context { get; }

    protected IConsumer<int, int> Consumer { get; }

    protected Output Output { get; }

    protected RecordBuffer Key { get; } = new();

    protected RecordBuffer Value { get; } = new();

    protected TimeProvider Clock => Context.Config.Clock;

    protected IEnumerable<TSlot> Slots
    {
        get
        {
            foreach (var slot in _slots)
            {
                if (slot is not null)
                {
                    yield return slot;
                }
            }
        }
    }

    public void Start() => new Thread(Run) { Name = $"{Context.Config.ApplicationId}-{Name}", IsBackground = true }.Start();

    public void RequestStop() => _stop = true;

    public void Abandon()
    {
        _stop = true;
        Output.Abandon();
    }

    /// <summary>A slot's place, by topic (null where there is only one) and partition.</summary>
    protected abstract int IndexOf(string? topic, int partition);

    protected abstract TSlot CreateSlot(TopicPartition partition);

    /// <summary>Finds where the slots were committed; runs in the background.</summary>
    protected abstract IReadOnlyDictionary<TSlot, LoadedPosition> Load(IReadOnlyList<TSlot> slots);

    /// <summary>The committed position is known. True: run from there at once; false: the slot looks after itself.</summary>
    protected abstract bool OnLoaded(TSlot slot, LoadedPosition position);

    protected abstract void Process(TSlot slot, in RawRecord record);

    /// <summary>The log was read to its end.</summary>
    protected abstract void OnEnd(TSlot slot);

    /// <summary>Records after which it is looked at whether a commit is due.</summary>
    protected virtual int RecordsPerCheck => 64;

    /// <summary>Records taken in one round at most.</summary>
    protected virtual int RecordsPerRound => Batch;

    /// <summary>Work besides records, once a round. True when there is more of it at once.</summary>
    protected abstract bool Work();

    /// <summary>Once a second: publish status, look after silent partitions, purge.</summary>
    protected abstract void Tick();

    /// <summary>Commit in this round, whatever the time.</summary>
    protected void CommitNow() => _commitNow = true;

    /// <summary>The slot's task is ready: read on from its position.</summary>
    protected void Run(TSlot slot, long offset)
    {
        Consumer.Seek(new TopicPartitionOffset(slot.Partition, offset));
        slot.NextOffset = offset;
        slot.Position = offset;
        slot.State = SlotState.Running;
        if (slot.Paused)
        {
            Consumer.Resume([slot.Partition]);
            slot.Paused = false;
        }

        Log.Continues(Context.Log, Name, slot.Partition, offset);
    }

    /// <summary>Reads the slot's committed position again.</summary>
    protected void Reload(TSlot slot)
    {
        slot.State = SlotState.Loading;
        slot.Generation++;
        Pause(slot);
    }

    /// <summary>A commit is due: whatever is to be seen with it is sent now.</summary>
    protected virtual void BeforeCommit()
    {
    }

    /// <summary>What a subclass must let go of at the end.</summary>
    protected abstract void DisposeOwn();

    private void Run()
    {
        Exception? fault = null;
        try
        {
            Consumer.Subscribe(_topics);
            while (!_stop)
            {
                Round();
            }

            LeaveInOrder();
        }
        catch (Exception e)
        {
            // Whatever it is, it ends this thread with its transaction aborted, and the worker with it.
            fault = e;
        }

        End(fault);
    }

    private void Round()
    {
        Beat();
        Recover();
        AdvanceLoads();
        var busy = Work();
        Poll(busy ? TimeSpan.Zero : WaitTime());
        var now = Clock.GetTimestamp();
        if (now >= _tickAt)
        {
            _tickAt = now + Ticks(s_tick);
            Tick();
        }

        CommitIfDue();
        _settled = _joined && _recovery == Recovery.None && !Slots.Any(s => s.State != SlotState.Running);
    }

    private void Beat() => Volatile.Write(ref _lastBeat, Clock.GetTimestamp());

    private void Poll(TimeSpan wait)
    {
        var most = RecordsPerRound;
        var taken = 0;
        for (var got = TakeOne(wait); got > 0; got = TakeMore(Math.Min(RecordsPerCheck, most - taken)))
        {
            taken += got;
            if (taken >= most || IsCommitDue())
            {
                break;
            }
        }

        if (taken == 0 && wait > TimeSpan.Zero)
        {
            _pacer.Rest();
        }

        foreach (var slot in _slots)
        {
            if (slot is { State: not SlotState.Running, Paused: false, Located: true })
            {
                Pause(slot);
            }
        }
    }

    /// <summary>Waits for a record, and takes it. Returns how many there were.</summary>
    private int TakeOne(TimeSpan wait)
    {
        ConsumeResult<int, int>? record;
        try
        {
            record = Consumer.Consume((int)wait.TotalMilliseconds);
        }
        catch (ConsumeException e)
        {
            OnConsumeError(e.Error, e.ConsumerRecord?.TopicPartition);
            record = null;
        }

        ThrowIfHandlersFailed();
        if (record is null)
        {
            return 0;
        }

        if (record.IsPartitionEOF)
        {
            Dispatch(new RawRecord(_onlyTopic ?? record.Topic, record.Partition.Value, record.Offset.Value, 0, default, default), isEnd: true);
            return 1;
        }

        var message = record.Message;
        Dispatch(
            new RawRecord(
                _onlyTopic ?? record.Topic, record.Partition.Value, record.Offset.Value, message.Timestamp.UnixTimestampMs,
                Key.Bytes(message.Key), Value.Bytes(message.Value), message.Key >= 0, message.Value >= 0),
            isEnd: false,
            _traced && message.Headers is { } headers && headers.TryGetLastBytes(BatchSpan.Header, out var trace) ? trace : default(ReadOnlySpan<byte>));
        return 1;
    }

    /// <summary>Takes what is there without waiting. Returns how many there were.</summary>
    private int TakeMore(int most)
    {
        if (_batch is null)
        {
            var one = 0;
            while (one < most && TakeOne(TimeSpan.Zero) > 0)
            {
                one++;
            }

            return one;
        }

        // A rebalance within this call has been dealt with when it returns; of a partition that went, nothing is returned, or Dispatch knows it no more.
        var count = _batch.Take(most);
        try
        {
            ThrowIfHandlersFailed();
            for (var i = 0; i < count; i++)
            {
                if (_batch.Error(i) is { } error)
                {
                    OnConsumeError(error, new TopicPartition(_onlyTopic, _batch.Partition(i)));
                    continue;
                }

                var isEnd = _batch.IsEnd(i);
                Dispatch(
                    isEnd
                        ? new RawRecord(_onlyTopic!, _batch.Partition(i), _batch.Offset(i), 0, default, default)
                        : new RawRecord(_onlyTopic!, _batch.Partition(i), _batch.Offset(i), _batch.TimestampMs(i), _batch.Key(i), _batch.Value(i), _batch.HasKey(i), _batch.HasValue(i)),
                    isEnd,
                    _traced && !isEnd ? _batch.Header(i, BatchSpan.NativeHeader) : default);
            }
        }
        finally
        {
            _batch.Release();
        }

        return count;
    }

    private void ThrowIfHandlersFailed()
    {
        if (_handlerFault is { } fault)
        {
            throw fault is StreamsException ? fault : new StreamsException($"A rebalance of {Name} failed: {fault.Message}", fault);
        }
    }

    private void Dispatch(in RawRecord record, bool isEnd, ReadOnlySpan<byte> trace = default)
    {
        var index = IndexOf(_onlyTopic is null ? record.Topic : null, record.Partition);
        var slot = index < 0 ? null : _slots[index];
        if (slot is null)
        {
            return;
        }

        slot.Located = true;
        if (slot.State != SlotState.Running)
        {
            return; // Fetched before its position was known; the seek fetches it again.
        }

        if (isEnd)
        {
            slot.Position = Math.Max(slot.Position, record.Offset);
            OnEnd(slot);
        }
        else if (record.Offset >= slot.NextOffset)
        {
            Process(slot, record);
            slot.NextOffset = slot.Position = record.Offset + 1;
            if (_traced)
            {
                Trace(slot, trace);
            }
        }
    }

    private void Trace(TSlot slot, ReadOnlySpan<byte> header)
    {
        if (slot.Span is { } span)
        {
            span.Take(header);
        }
        else if (BatchSpan.IsKept(header))
        {
            slot.Span = BatchSpan.Begin(header, _group, slot.Partition, Clock.GetTimestamp());
        }
    }

    private void OnConsumeError(Error error, TopicPartition? partition)
    {
        if (error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange)
        {
            throw new StreamsException(
                $"Kafka has nothing at the committed position of partition {partition?.Partition.Value} of {partition?.Topic ?? _onlyTopic} ({error.Reason}). Nothing was skipped. Restart the worker: a leader that has just been "
                + "elected may refuse a position that is right. If it is refused again, the topic was purged by its retention or made again: "
                + $"then reset the application {Context.Config.ApplicationId} to start from what is there.");
        }

        if (error.IsFatal)
        {
            throw new StreamsException($"The consumer {Name} failed for good: {error.Reason} ({error.Code}). Restart the worker.");
        }

        if (error.Code is not (ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic))
        {
            Output.Refusals.ThrowIfHopeless(error, null);
        }

        Log.ConsumeProblem(Context.Log, Name, error.Code, error.Reason);
    }

    private TimeSpan WaitTime()
    {
        var wait = _pacer.Remaining;
        if (_load is not null)
        {
            wait = TimeSpan.FromMilliseconds(10);
        }

        return wait > s_longestWait || !Slots.Any(s => s.HasUncommitted) ? s_longestWait : wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1);
    }

    private void CommitIfDue()
    {
        if (_recovery == Recovery.None && IsCommitDue())
        {
            BeforeCommit();
            TryCommit([], Context.Config.TransactionTimeout);
        }
    }

    private bool IsCommitDue()
    {
        if (_commitNow || _pacer.Remaining <= TimeSpan.Zero)
        {
            return true;
        }

        var held = 0L;
        foreach (var slot in _slots)
        {
            held += slot?.BufferedBytes ?? 0;
        }

        return held > MaxBufferedBytes;
    }

    /// <summary>Commits every running slot's work; those in <paramref name="closing"/> send first what they hold back. False: it is to be undone.</summary>
    private bool TryCommit(IReadOnlyCollection<TSlot> closing, TimeSpan timeout)
    {
        if (_recovery != Recovery.None)
        {
            return false;
        }

        _commitNow = false;
        var started = Clock.GetTimestamp();
        foreach (var slot in closing.Where(s => s.State == SlotState.Running))
        {
            slot.PrepareClose();
        }

        _committing.Clear();
        _offsets.Clear();
        foreach (var slot in Slots)
        {
            if (slot.State == SlotState.Running && (slot.HasUncommitted || slot.OffsetDue || (Output.IsOpen && closing.Contains(slot))))
            {
                Output.Trace = slot.Span?.Headers;
                slot.PrepareCommit();
                Output.Trace = null;
                slot.AddOffsets(_offsets);
                _committing.Add(slot);
            }
        }

        if (_committing.Count == 0)
        {
            return true;
        }

        var outcome = _exactlyOnce ? Output.Commit(_offsets, Consumer, timeout) : CommitPlainly(timeout);
        if (outcome != CommitOutcome.Committed)
        {
            Fail(outcome);
            return false;
        }

        if (_exactlyOnce)
        {
            foreach (var slot in _committing)
            {
                slot.MarkCommitted(Output);
            }
        }

        foreach (var slot in _committing)
        {
            if (slot.Span is { } span && slot.IsSpanDone(Clock))
            {
                span.End();
                slot.Span = null;
            }
        }

        _backoff = TimeSpan.Zero;
        var cost = Clock.GetElapsedTime(started);
        _pacer.Committed(cost);
        Context.Metrics.CommitTook(Stage, cost);
        return true;
    }

    // At least once: first the output and the state, then the offsets; whatever gets lost in between is done again.
    private CommitOutcome CommitPlainly(TimeSpan timeout)
    {
        if (Output.IsOpen && !Output.Flush(timeout))
        {
            return CommitOutcome.MustAbort;
        }

        Output.Closed();
        foreach (var slot in _committing)
        {
            slot.MarkCommitted(Output);
            slot.OffsetDue = true;
        }

        try
        {
            Consumer.Commit(_offsets);
            foreach (var slot in _committing)
            {
                slot.OffsetDue = false;
            }
        }
        catch (KafkaException e)
        {
            Output.Refusals.ThrowIfHopeless(e.Error, null);
            Log.CommitFailed(Context.Log, e.Error.Code, e.Error.Reason);
        }

        return CommitOutcome.Committed;
    }

    private void Fail(CommitOutcome outcome)
    {
        var unknown = outcome == CommitOutcome.NeedsNewProducer;
        NoteFencings();
        _recovery = unknown || _recovery == Recovery.NewProducer ? Recovery.NewProducer : Recovery.Abort;
        Log.GoingBack(Context.Log, Name);
        foreach (var slot in Slots.Where(s => s.State == SlotState.Running))
        {
            slot.Span?.Undo();
            slot.Span = null;
            slot.Drop(unknown);
            Reload(slot);
        }
    }

    // Two workers with one id would fence each other for ever: a copied state folder.
    private void NoteFencings()
    {
        var now = Clock.GetTimestamp();
        for (; _fencingsSeen < Output.Fencings; _fencingsSeen++)
        {
            _fencings.Enqueue(now);
        }

        while (_fencings.Count > 0 && Clock.GetElapsedTime(_fencings.Peek(), now) > TimeSpan.FromMinutes(2))
        {
            _fencings.Dequeue();
        }

        if (_fencings.Count > 10)
        {
            throw new StreamsException(
                $"The producer of {Name} was fenced ten times within two minutes. Is a copy of {Context.Folder.FullPath} in use by another worker? "
                + "Then delete the file 'id' in one of them and restart that worker.");
        }
    }

    private void Recover()
    {
        if (_recovery == Recovery.None || Clock.GetTimestamp() < _retryAt)
        {
            return;
        }

        if (_recovery == Recovery.Abort)
        {
            switch (Output.Abort(s_brokerWait))
            {
                case CommitOutcome.Committed:
                    _recovery = Recovery.None;
                    _abortTries = 0;
                    break;
                case null when ++_abortTries < MostAbortTries:
                    break;
                default:
                    // A client can lose its coordinator for good and ask for the same abort for ever; another producer settles the transaction at once.
                    _abortTries = 0;
                    Fail(CommitOutcome.NeedsNewProducer);
                    break;
            }
        }

        if (_recovery == Recovery.NewProducer)
        {
            if (_begun)
            {
                Log.NewProducer(Context.Log, Name);
            }

            if (Output.Renew(s_brokerWait))
            {
                _recovery = Recovery.None;
                _begun = true;
            }
        }

        BackOff();
    }

    private void BackOff()
    {
        _backoff = _backoff == TimeSpan.Zero ? TimeSpan.FromMilliseconds(100) : _backoff * 2;
        _backoff = _backoff > s_longestBackoff ? s_longestBackoff : _backoff;
        _retryAt = Clock.GetTimestamp() + Ticks(_backoff);
    }

    private void AdvanceLoads()
    {
        if (_load is { IsCompleted: true } done)
        {
            _load = null;
            try
            {
                foreach (var (slot, position) in done.GetAwaiter().GetResult())
                {
                    if (slot.State == SlotState.Loading && _loading[slot] == slot.Generation && Slots.Contains(slot) && OnLoaded(slot, position))
                    {
                        Run(slot, position.Offset);
                    }
                }
            }
            catch (KafkaException e)
            {
                Output.Refusals.ThrowIfHopeless(e.Error, null);
                Log.LoadFailed(Context.Log, Name, e.Error.Reason);
                _loadAt = Clock.GetTimestamp() + Ticks(TimeSpan.FromMilliseconds(500));
            }
            catch (State.StoreBusyException e)
            {
                Log.LoadFailed(Context.Log, Name, e.Message);
                _loadAt = Clock.GetTimestamp() + Ticks(TimeSpan.FromMilliseconds(500));
            }
        }

        if (_load is null && _recovery == Recovery.None && Clock.GetTimestamp() >= _loadAt)
        {
            var wanting = Slots.Where(s => s is { State: SlotState.Loading, Located: true }).ToList();
            if (wanting.Count > 0)
            {
                _loading = wanting.ToDictionary(s => s, s => s.Generation);
                _load = Task.Run(() => Load(wanting));
            }
        }
    }

    private void Pause(TSlot slot)
    {
        if (slot.Paused)
        {
            return;
        }

        try
        {
            Consumer.Pause([slot.Partition]);
            slot.Paused = true;
        }
        catch (KafkaException e)
        {
            Log.ConsumeProblem(Context.Log, Name, e.Error.Code, e.Error.Reason);
        }
    }

    // The three handlers run inside Consume, on this thread. An exception would make the client drop every partition, so they keep theirs for later.
    private IEnumerable<TopicPartitionOffset> OnAssigned(List<TopicPartition> partitions)
    {
        _joined = true;
        try
        {
            foreach (var partition in partitions)
            {
                var index = IndexOf(partition.Topic, partition.Partition.Value);
                if (index < 0 || index >= _slots.Length)
                {
                    throw new StreamsException(
                        $"{partition} was added while the application {Context.Config.ApplicationId} was running: which windows are final depends on the number of "
                        + "partitions. Stop every worker and reset the application to go on with more.");
                }

                _slots[index] = CreateSlot(partition);
            }

            if (partitions.Count > 0)
            {
                _settled = false;
                Log.Assigned(Context.Log, Name, string.Join(", ", partitions));
            }
        }
        catch (Exception e)
        {
            _handlerFault = e;
        }

        // A place to wait at until the committed position is loaded.
        return partitions.Select(p => new TopicPartitionOffset(p, Offset.End));
    }

    private void OnRevoked(List<TopicPartitionOffset> partitions)
    {
        try
        {
            var closing = Owned(partitions);
            if (closing.Count > 0 && !_leaving)
            {
                Log.Revoked(Context.Log, Name, string.Join(", ", closing.Select(s => s.Partition)));
                TryCommit(closing, Context.Config.TransactionTimeout);
            }

            Remove(closing);
        }
        catch (Exception e)
        {
            _handlerFault = e;
        }
    }

    private void OnLost(List<TopicPartitionOffset> partitions)
    {
        try
        {
            var lost = Owned(partitions);
            if (lost.Count > 0 && !_leaving)
            {
                Log.Lost(Context.Log, Name, string.Join(", ", lost.Select(s => s.Partition)));
            }

            Remove(lost);
            if (Output.IsOpen && _recovery == Recovery.None)
            {
                Fail(CommitOutcome.MustAbort);
            }
        }
        catch (Exception e)
        {
            _handlerFault = e;
        }
    }

    private List<TSlot> Owned(List<TopicPartitionOffset> partitions) =>
        partitions.Select(p => IndexOf(p.Topic, p.Partition.Value)).Where(i => i >= 0 && i < _slots.Length).Select(i => _slots[i]).OfType<TSlot>().ToList();

    private void Remove(List<TSlot> slots)
    {
        foreach (var slot in slots)
        {
            _slots[Array.IndexOf(_slots, slot)] = null;
            LeaveUnpaused(slot);
            slot.Span?.End();
            slot.Close();
        }
    }

    /// <summary>The client keeps a partition paused beyond its assignment: should it come back to this thread, it would never find its place.</summary>
    private void LeaveUnpaused(TSlot slot)
    {
        try
        {
            if (slot.Paused)
            {
                Consumer.Resume([slot.Partition]);
            }
        }
        catch (KafkaException e)
        {
            Log.ConsumeProblem(Context.Log, Name, e.Error.Code, e.Error.Reason);
        }
    }

    private void LeaveInOrder()
    {
        TryCommit(Slots.ToList(), Context.Config.TransactionTimeout);
        _leaving = true;
        Remove(Slots.ToList());
    }

    private void End(Exception? fault)
    {
        _leaving = true;
        _settled = false;
        if (fault is not null)
        {
            Log.ThreadFaulted(Context.Log, Name, fault.Message, fault);
        }

        Quietly(() => Remove(Slots.ToList()));
        Quietly(Output.Dispose);
        Quietly(() => _load?.Wait(s_brokerWait));
        Quietly(DisposeOwn);
        Quietly(() => _batch?.Dispose());
        Quietly(Consumer.Close);
        Quietly(Consumer.Dispose);
        Log.ThreadEnded(Context.Log, Name);
        _ended.SetResult(fault);
    }

    private void Quietly(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e)
        {
            Log.CloseFailed(Context.Log, Name, e.Message);
        }
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Clock.TimestampFrequency);
}

/// <summary>What is committed for a slot.</summary>
/// <param name="Offset">Where to read on.</param>
/// <param name="HasCommit">False when nothing was ever committed, and the offset is the log's beginning.</param>
/// <param name="StreamTimeMs">The input partition's stream time (combine).</param>
/// <param name="ChangelogStart">The beginning of the slot's changelog partition (windows).</param>
/// <param name="ChangelogEnd">Its end, uncommitted records included.</param>
/// <param name="IsRaised">The stream time stands where a raise has put it (combine).</param>
internal sealed record LoadedPosition(long Offset, bool HasCommit, long StreamTimeMs, long ChangelogStart = 0, long ChangelogEnd = 0, bool IsRaised = false);
