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
internal abstract class CombineTask
{
    /// <summary>Stream time before any record: no window is closed.</summary>
    public const long NoStreamTime = long.MinValue;

    /// <summary>The input partition.</summary>
    public abstract InputPartition Input { get; }

    /// <summary>The offset of the next record to read: what is to be committed.</summary>
    public abstract long NextOffset { get; }

    /// <summary>S_p in Unix milliseconds, or <see cref="NoStreamTime"/>.</summary>
    public abstract long StreamTimeMs { get; }

    /// <summary>True when records were processed, or S_p was raised, since the last commit.</summary>
    public abstract bool HasUncommitted { get; }

    /// <summary>Readings seen / late / dead-lettered since the task was made, for metrics.</summary>
    public abstract TaskCounters Counters { get; }

    /// <summary>Bytes (roughly) held in memory by what is combined but not sent; the runtime commits early when it grows large.</summary>
    public abstract long BufferedBytes { get; }

    /// <summary>Drops everything uncommitted and starts at a committed position. <paramref name="nextOffset"/> is where the runtime will read next.</summary>
    public abstract void Initialize(long nextOffset, long streamTimeMs);

    /// <summary>Takes one record. Never throws on the record's content; side outputs go to the collector at once.</summary>
    public abstract void Process(in RawRecord record);

    /// <summary>Notes that the log has no records between the last one and <paramref name="nextOffset"/> (control markers, truncated or compacted away).</summary>
    public abstract void AdvancePosition(long nextOffset);

    /// <summary>Raises S_p to at least <paramref name="streamTimeMs"/>: what the owner of a silent partition does.</summary>
    public abstract void Raise(long streamTimeMs);

    /// <summary>Runs punctuators and sends every block of what was combined: one block (or its chunks) to every repartition partition. Does nothing without uncommitted work.</summary>
    public abstract void PrepareCommit();

    /// <summary>The transaction that <see cref="PrepareCommit"/> filled is committed.</summary>
    public abstract void MarkCommitted();

    /// <summary>The task moves elsewhere or the worker stops in good order: operators send what they hold back (called before the last <see cref="PrepareCommit"/>).</summary>
    public abstract void PrepareClose();
}

/// <summary>Counts for metrics; monotonic for the life of the task.</summary>
internal sealed class TaskCounters
{
    public long Records;
    public long Late;
    public readonly SortedDictionary<string, long> DeadLetteredByReason = new(StringComparer.Ordinal);
    public long PartialsForFinalWindows;
    public long RowsEmitted;
}
