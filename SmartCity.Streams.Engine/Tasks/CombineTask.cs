using System.Diagnostics.CodeAnalysis;

using Confluent.Kafka;

using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.Engine.Tasks;

/// <summary>One partition of one source topic.</summary>
/// <param name="Topic">The source topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Index">Its index among all input partitions of the topology (0..N-1); the partition of <c>APP-stream-time</c> that carries its stream time.</param>
internal readonly record struct InputPartition(string Topic, int Partition, int Index);

/// <summary>What a combine task is given.</summary>
/// <param name="Input">The input partition it owns.</param>
/// <param name="PartialsTopic">The repartition topic, <c>APP-partials</c>.</param>
/// <param name="RepartitionPartitions">R, its number of partitions.</param>
/// <param name="Fingerprint">The topology fingerprint that goes into every block.</param>
/// <param name="Epoch">The epoch that goes into every block.</param>
/// <param name="Output">Where it sends.</param>
/// <param name="Clock">The wall clock.</param>
internal sealed record CombineTaskContext(
    InputPartition Input, string PartialsTopic, int RepartitionPartitions, ulong Fingerprint, int Epoch, IRecordCollector Output, TimeProvider Clock);

/// <summary>
/// Sub-topology 0 on one input partition: reads records, keeps the partition's stream time S_p, runs the stateless operators, combines what is to be
/// aggregated by (group, slice, closed windows) in memory, and at commit sends it as blocks to the repartition topic. It has no store: offset and S_p
/// are its whole state, and both are committed by the runtime.
/// </summary>
/// <remarks>
/// Life: <see cref="Initialize"/> → (<see cref="Process"/>* → <see cref="PrepareCommit"/> → <see cref="MarkCommitted"/>)*. After an abort the runtime calls
/// <see cref="Initialize"/> again with the committed values and seeks. Not thread-safe; owned by one stream thread.
/// </remarks>
internal sealed class CombineTask
{
    /// <summary>Stream time before any record: no window is closed.</summary>
    public const long NoStreamTime = long.MinValue;

    private readonly CombineTaskContext _context;
    private readonly SourceDefinition _source;
    private readonly string? _lateTopic;
    private readonly BlockWriter[] _blocks;
    private TaskScope _scope;
    private SourceNode _head;
    private long _blockFrom;
    private long _blockStreamTimeMs;
    private bool _closing;

    /// <param name="source">The source topic's part of the topology.</param>
    /// <param name="sendsBlocks">True when the topology has an aggregate, whether or not this source leads to it: every partition's stream time counts.</param>
    /// <param name="lateTopic">Where late records go, if anywhere.</param>
    /// <param name="context">What the runtime gives the task.</param>
    public CombineTask(SourceDefinition source, bool sendsBlocks, string? lateTopic, CombineTaskContext context)
    {
        _source = source;
        _context = context;
        _lateTopic = lateTopic;
        _blocks = sendsBlocks
            ? [.. Enumerable.Range(0, context.RepartitionPartitions).Select(partition => new BlockWriter(context.PartialsTopic, partition, context.Output))]
            : [];
        Initialize(0, NoStreamTime);
    }

    /// <summary>The input partition.</summary>
    public InputPartition Input => _context.Input;

    /// <summary>The offset of the next record to read: what is to be committed.</summary>
    public long NextOffset { get; private set; }

    /// <summary>S_p in Unix milliseconds, or <see cref="NoStreamTime"/>.</summary>
    public long StreamTimeMs => _scope.StreamTimeMs;

    /// <summary>S_p stands where a raise has put it; no record has moved it since.</summary>
    public bool IsRaised => _scope.IsRaised;

    /// <summary>True when records were processed, S_p was raised, or an operator holds something back that is due, since the last commit.</summary>
    public bool HasUncommitted
    {
        get
        {
            if (HasBlock || _closing)
            {
                return true;
            }

            foreach (var listener in _scope.CommitListeners)
            {
                if (listener.Due(_context.Clock.GetUtcNow()))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Readings seen / late / dead-lettered since the task was made, for metrics.</summary>
    public TaskCounters Counters { get; } = new();

    /// <summary>Bytes (roughly) held in memory by what is combined but not sent; the runtime commits early when it grows large.</summary>
    public long BufferedBytes => _scope.Combiner?.BufferedBytes ?? 0;

    private bool HasBlock => NextOffset != _blockFrom || _scope.StreamTimeMs != _blockStreamTimeMs;

    /// <summary>Drops everything uncommitted and starts at a committed position. <paramref name="nextOffset"/> is where the runtime will read next.</summary>
    [MemberNotNull(nameof(_scope), nameof(_head))]
    public void Initialize(long nextOffset, long streamTimeMs, bool isRaised = false)
    {
        _scope = new TaskScope(Input.Partition, _context.Output, _context.Clock) { StreamTimeMs = streamTimeMs, IsRaised = isRaised };
        _head = _source.Build(_scope);
        NextOffset = nextOffset;
        _blockFrom = nextOffset;
        _blockStreamTimeMs = streamTimeMs;
        _closing = false;
    }

    /// <summary>Takes one record; side outputs go to the collector at once.</summary>
    /// <exception cref="StreamsException">The record is no input and the topology names no dead letter topic.</exception>
    public void Process(in RawRecord record)
    {
        _scope.Offset = record.Offset;
        _scope.RecordTimestampMs = record.TimestampMs;
        _scope.LatenessMs = null;
        _scope.Rejection = null;
        NextOffset = record.Offset + 1;
        Counters.Records++;
        if (!_head.TryProcess(record, out var rejection))
        {
            SendDeadLetter(record, rejection);
        }
        else if (_scope.Rejection is { } refused)
        {
            SendDeadLetter(record, refused);
        }
        else if (_scope.LatenessMs is { } latenessMs)
        {
            SendLate(record, latenessMs);
        }
    }

    /// <summary>Notes that the log has no records between the last one and <paramref name="nextOffset"/> (control markers, truncated or compacted away).</summary>
    public void AdvancePosition(long nextOffset) => NextOffset = Math.Max(NextOffset, nextOffset);

    /// <summary>Raises S_p to at least <paramref name="streamTimeMs"/>: what the owner of a silent partition does.</summary>
    public void Raise(long streamTimeMs)
    {
        if (streamTimeMs > _scope.StreamTimeMs)
        {
            (_scope.StreamTimeMs, _scope.IsRaised) = (streamTimeMs, true);
        }
    }

    /// <summary>Lets operators send what is due, and sends every block of what was combined: one block (or its chunks) to every repartition partition.</summary>
    public void PrepareCommit()
    {
        var now = _context.Clock.GetUtcNow();
        foreach (var listener in _scope.CommitListeners)
        {
            listener.BeforeCommit(now);
        }

        if (!HasBlock)
        {
            return;
        }

        var header = new BlockHeader(
            _context.Fingerprint, _context.Epoch, Input.Index, _blockFrom, NextOffset, Chunk: 0, IsLast: false, _scope.StreamTimeMs, Entries: 0);
        foreach (var block in _blocks)
        {
            block.Begin(header);
        }

        _scope.Combiner?.Drain(_blocks);
        foreach (var block in _blocks)
        {
            block.End();
        }
    }

    /// <summary>The transaction that <see cref="PrepareCommit"/> filled is committed.</summary>
    public void MarkCommitted()
    {
        _blockFrom = NextOffset;
        _blockStreamTimeMs = _scope.StreamTimeMs;
        _closing = false;
    }

    /// <summary>The task moves elsewhere or the worker stops in good order: operators send what they hold back (called before the last <see cref="PrepareCommit"/>).</summary>
    public void PrepareClose()
    {
        foreach (var listener in _scope.CommitListeners)
        {
            listener.BeforeClose();
            _closing = true;
        }
    }

    private void SendDeadLetter(in RawRecord record, RecordRejection rejection)
    {
        if (_source.DeadLetterTopic is not { } topic)
        {
            throw new StreamsException(
                $"Record {record.Topic}-{record.Partition}@{record.Offset} cannot be read ({rejection.Reason}: {rejection.Detail}) and the topology names no dead letter topic. Give its source Consumed.WithDeadLetters(TOPIC).");
        }

        Counters.DeadLetteredByReason.AddOrUpdate(rejection.Reason, 1, static (_, count) => count + 1);
        var headers = RecordHeaders.Of(record);
        RecordHeaders.Add(headers, RecordHeaders.Reason, rejection.Reason);
        RecordHeaders.Add(headers, RecordHeaders.Detail, rejection.Detail);
        PassOn(topic, record, headers);
    }

    private void SendLate(in RawRecord record, long latenessMs)
    {
        Counters.Late++;
        if (_lateTopic is not null)
        {
            var headers = RecordHeaders.Of(record);
            RecordHeaders.Add(headers, RecordHeaders.LatenessMs, latenessMs);
            if (_scope.IsRaised)
            {
                RecordHeaders.Add(headers, RecordHeaders.RaisedToMs, _scope.StreamTimeMs);
            }

            PassOn(_lateTopic, record, headers);
        }
    }

    private void PassOn(string topic, in RawRecord record, Headers headers) =>
        _scope.Send(topic, record.HasKey ? record.Key.ToArray() : null, record.HasValue ? record.Value.ToArray() : null, headers);
}
