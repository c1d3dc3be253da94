using System.Diagnostics;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>How a commit ended, and so what must happen next.</summary>
internal enum CommitOutcome
{
    /// <summary>Offsets and output are committed.</summary>
    Committed,

    /// <summary>Nothing is committed: abort, and go back to the committed positions.</summary>
    MustAbort,

    /// <summary>It may or may not be committed, or the producer is spent: only a new producer can find out.</summary>
    NeedsNewProducer,
}

/// <summary>The producer of one thread, and its transaction.</summary>
internal sealed class Output(ProducerBuilder<byte[], byte[]> builder, bool transactional, string? changelogTopic, ILogger log) : IRecordCollector, IDisposable
{
    private static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, long> _changelogEnds = [];
    private IProducer<byte[], byte[]>? _producer;
    private bool _open;
    private bool _cautious;
    private volatile bool _abandoned;
    private Error? _deliveryError;
    private string? _deliveryErrorTopic;

    /// <summary>Something was sent, or a transaction begun, since the last commit or abort.</summary>
    public bool IsOpen => _open;

    /// <summary>Called while something is waited for: the thread lives.</summary>
    public Action Waiting { get; init; } = () => { };

    /// <summary>What is hopeless.</summary>
    public KafkaRefusals Refusals { get; init; } = new(KafkaRefusals.DefaultPatience, TimeProvider.System);

    /// <inheritdoc/>
    public Headers? Trace { get; set; }

    /// <summary>The header that the next record other than state goes with; null once it has gone, or for none.</summary>
    public Headers? Mark { get; set; }

    /// <summary>How often somebody with the same transactional id has fenced this producer.</summary>
    public int Fencings { get; private set; }

    /// <summary>The stop's time is used up: every wait ends at once. May be called from any thread.</summary>
    public void Abandon() => _abandoned = true;

    /// <inheritdoc/>
    public void Send(string topic, int? partition, byte[]? key, byte[]? value, Headers? headers = null) =>
        Send(topic, partition, key, value, headers, !transactional || _cautious ? OnDelivery : null);

    /// <inheritdoc/>
    public void SendLast(string topic, int partition, byte[]? key, byte[]? value) => Send(topic, partition, key, value, null, OnDelivery);

    // A report costs as much as the record itself, and a transaction with a record that was not delivered cannot be committed anyway. So only when one
    // was refused are all reports of the next asked for: they say which record it was, and whether there is any use in trying again.
    private void Send(string topic, int? partition, byte[]? key, byte[]? value, Headers? headers, Action<DeliveryReport<byte[], byte[]>>? report)
    {
        Begin();
        if (Mark is not null && headers is null && topic != changelogTopic)
        {
            (headers, Mark) = (Mark, null);
        }

        var message = new Message<byte[], byte[]> { Key = key!, Value = value!, Headers = headers };
        var target = new TopicPartition(topic, partition is { } p ? new Partition(p) : Partition.Any);
        var waiting = 0L;
        while (true)
        {
            try
            {
                _producer!.Produce(target, message, report);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                // The queue drains in the background, or its messages time out: this ends either way.
                if (waiting == 0)
                {
                    waiting = Stopwatch.GetTimestamp();
                }
                else if (Stopwatch.GetElapsedTime(waiting) > s_patience || _abandoned)
                {
                    NoteFailure(e.Error, topic);
                    return;
                }

                Waiting();
                _producer!.Flush(s_slice);
            }
            catch (ProduceException<byte[], byte[]> e)
            {
                NoteFailure(e.Error, topic);
                return;
            }
            catch (KafkaException e)
            {
                NoteFailure(e.Error, topic);
                return;
            }
        }
    }

    /// <summary>
    /// Commits what was sent together with <paramref name="offsets"/>, which must not be empty: an empty set would fence nobody. Throws
    /// <see cref="StreamsException"/> where no retry can help.
    /// </summary>
    public CommitOutcome Commit<TKey, TValue>(IReadOnlyCollection<TopicPartitionOffset> offsets, IConsumer<TKey, TValue> consumer, TimeSpan timeout)
    {
        var outcome = TryCommit(offsets, consumer, timeout);
        _cautious = outcome != CommitOutcome.Committed;
        return outcome;
    }

    private CommitOutcome TryCommit<TKey, TValue>(IReadOnlyCollection<TopicPartitionOffset> offsets, IConsumer<TKey, TValue> consumer, TimeSpan timeout)
    {
        var sending = true;
        var started = Stopwatch.GetTimestamp();
        try
        {
            Begin();
            if (!Flush(timeout))
            {
                return CommitOutcome.MustAbort;
            }

            // The generation moves in the background, so the metadata is taken now; without a member id the partitions are somebody else's.
            var before = consumer.MemberId;
            var metadata = consumer.ConsumerGroupMetadata;
            if (string.IsNullOrEmpty(before) || before != consumer.MemberId)
            {
                Log.NoMember(log);
                return CommitOutcome.MustAbort;
            }

            Retry(left => Call(p => p.SendOffsetsToTransaction(offsets, metadata, left), left), started, timeout);
            sending = false;
            Retry(left => Call(p => p.CommitTransaction(left), left), started, timeout);
            Closed();
            return CommitOutcome.Committed;
        }
        catch (KafkaTxnRequiresAbortException e)
        {
            Log.CommitRefused(log, e.Error.Code, e.Error.Reason);
            return CommitOutcome.MustAbort;
        }
        catch (KafkaException e)
        {
            Refusals.ThrowIfHopeless(e.Error, null);
            NoteFencing(e.Error);
            Log.CommitFailed(log, e.Error.Code, e.Error.Reason);
            return e.Error.IsFatal || !sending ? CommitOutcome.NeedsNewProducer : CommitOutcome.MustAbort;
        }
        catch (TimeoutException)
        {
            return CommitOutcome.NeedsNewProducer;
        }
    }

    /// <summary>Waits until everything that was sent is acknowledged. False: something failed or the time is up.</summary>
    public bool Flush(TimeSpan timeout)
    {
        var started = Stopwatch.GetTimestamp();
        while (_producer!.Flush(s_slice) > 0)
        {
            if (Stopwatch.GetElapsedTime(started) > timeout || _abandoned)
            {
                Log.FlushTimedOut(log);
                return false;
            }

            Waiting();
        }

        lock (_gate)
        {
            if (_deliveryError is null)
            {
                return true;
            }

            Refusals.ThrowIfHopeless(_deliveryError, _deliveryErrorTopic);
            Log.DeliveryFailed(log, _deliveryErrorTopic!, _deliveryError.Code, _deliveryError.Reason);
            return false;
        }
    }

    /// <summary>What was sent is acknowledged and needs no transaction (at-least-once).</summary>
    public void Closed()
    {
        _open = false;
        Refusals.AllIsThere();
        lock (_gate)
        {
            _deliveryError = null;
        }
    }

    /// <summary>One past the last changelog record of a partition since the last call; null when there was none.</summary>
    public long? TakeChangelogEnd(int partition)
    {
        lock (_gate)
        {
            return _changelogEnds.Remove(partition, out var end) ? end : null;
        }
    }

    /// <summary>
    /// Drops what was sent. False: the broker has not answered, try again. <see cref="CommitOutcome.NeedsNewProducer"/> shows as an exception
    /// with a fatal error.
    /// </summary>
    public CommitOutcome? Abort(TimeSpan timeout)
    {
        try
        {
            if (transactional && _open)
            {
                Call(p => p.AbortTransaction(timeout), timeout);
            }
            else if (!transactional && _producer!.Flush(timeout) > 0)
            {
                return null;
            }
        }
        catch (KafkaRetriableException e)
        {
            Log.AbortPending(log, e.Error.Code, e.Error.Reason);
            return null;
        }
        catch (KafkaException e)
        {
            Refusals.ThrowIfHopeless(e.Error, null);
            NoteFencing(e.Error);
            Log.CommitFailed(log, e.Error.Code, e.Error.Reason);
            return CommitOutcome.NeedsNewProducer;
        }
        catch (TimeoutException)
        {
            return CommitOutcome.NeedsNewProducer;
        }

        Forget();
        return CommitOutcome.Committed;
    }

    /// <summary>Begins anew with another producer, which fences the old one and settles its transaction. False: not yet, try again.</summary>
    public bool Renew(TimeSpan timeout)
    {
        _producer?.Dispose();
        Forget();
        _producer = builder.Build();
        try
        {
            if (transactional)
            {
                Call(p => p.InitTransactions(timeout), timeout);
            }

            return true;
        }
        catch (KafkaException e)
        {
            Refusals.ThrowIfHopeless(e.Error, null);
            Log.ProducerNotReady(log, e.Error.Code, e.Error.Reason);
        }
        catch (TimeoutException)
        {
            // Said already.
        }

        return false;
    }

    public void Dispose()
    {
        if (_producer is not null && transactional && _open)
        {
            try
            {
                var left = TimeSpan.FromSeconds(_abandoned ? 0.5 : 2);
                Call(p => p.AbortTransaction(left), left);
            }
            catch (Exception e) when (e is KafkaException or TimeoutException)
            {
                // The broker aborts it when its time is up.
            }
        }

        _producer?.Dispose();
        _producer = null;
    }

    private void Begin()
    {
        if (!_open)
        {
            if (transactional)
            {
                _producer!.BeginTransaction();
            }

            _open = true;
        }
    }

    private void Forget()
    {
        _open = false;
        lock (_gate)
        {
            _deliveryError = null;
            _changelogEnds.Clear();
        }
    }

    private void NoteFailure(Error error, string topic)
    {
        lock (_gate)
        {
            _deliveryError ??= error;
            _deliveryErrorTopic ??= topic;
        }
    }

    private void OnDelivery(DeliveryReport<byte[], byte[]> report)
    {
        if (report.Error.IsError)
        {
            NoteFailure(report.Error, report.Topic);
        }
        else if (report.Topic == changelogTopic)
        {
            lock (_gate)
            {
                var end = report.Offset.Value + 1;
                var partition = report.Partition.Value;
                _changelogEnds[partition] = _changelogEnds.TryGetValue(partition, out var seen) ? Math.Max(seen, end) : end;
            }
        }
    }

    private void Retry(Action<TimeSpan> step, long started, TimeSpan timeout)
    {
        while (true)
        {
            var left = timeout - Stopwatch.GetElapsedTime(started);
            try
            {
                step(left > s_slice ? left : s_slice);
                return;
            }
            catch (KafkaRetriableException) when (Stopwatch.GetElapsedTime(started) < timeout && !_abandoned)
            {
                // Both calls may be repeated until they tell their outcome.
            }
        }
    }

    /// <summary>
    /// Makes a call that may never return whatever time-out it is given: after a disconnect SendOffsetsToTransaction does that (librdkafka #5456). Then the
    /// producer is left to itself, and <see cref="TimeoutException"/> asks for a new one, which fences it.
    /// </summary>
    private void Call(Action<IProducer<byte[], byte[]>> step, TimeSpan timeout)
    {
        var producer = _producer!;
        var started = Stopwatch.GetTimestamp();
        var call = Task.Factory.StartNew(() => step(producer), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (!((IAsyncResult)call).AsyncWaitHandle.WaitOne(s_slice))
        {
            if (Stopwatch.GetElapsedTime(started) > timeout + s_grace || _abandoned)
            {
                Log.ProducerHangs(log);
                _producer = null;
                _open = false;
                _ = call.ContinueWith(done => { _ = done.Exception; producer.Dispose(); }, TaskScheduler.Default);
                throw new TimeoutException("The producer does not answer.");
            }

            Waiting();
        }

        call.GetAwaiter().GetResult();
    }

    private void NoteFencing(Error error)
    {
        if (error.Code is ErrorCode.Local_Fenced or ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch)
        {
            Fencings++;
        }
    }
}
