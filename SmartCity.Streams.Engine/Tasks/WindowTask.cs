using SmartCity.Streams.Engine.State;

namespace SmartCity.Streams.Engine.Tasks;

/// <summary>What a window task is given.</summary>
/// <param name="Partition">The repartition partition it owns.</param>
/// <param name="ChangelogTopic">The compacted topic that holds its state, <c>APP-STORE-changelog</c>; same partition number.</param>
/// <param name="InputPartitions">N: the watermark needs the stream time of every one.</param>
/// <param name="Fingerprint">The topology fingerprint; a block or store with another one stops the task.</param>
/// <param name="Epoch">The epoch rows carry.</param>
/// <param name="AtLeastOnce">True to drop blocks that were already merged instead of stopping on them.</param>
/// <param name="EmitInterval">At most one row of an open window in this time.</param>
/// <param name="Store">The task's local store; the task owns and disposes it.</param>
/// <param name="Output">Where it sends.</param>
/// <param name="Clock">The wall clock.</param>
internal sealed record WindowTaskContext(
    int Partition, string ChangelogTopic, int InputPartitions, ulong Fingerprint, int Epoch, bool AtLeastOnce, TimeSpan EmitInterval,
    IStateStore Store, IRecordCollector Output, TimeProvider Clock)
{
    /// <summary>How many window tasks there are: R.</summary>
    public int Tasks { get; init; } = 1;
}

/// <summary>
/// Sub-topology 1 on one repartition partition: merges blocks into windows, keeps the watermark W, emits rows, and finalizes and deletes windows that W
/// has passed. What the running transaction changes stays in memory (the overlay) until the transaction is committed, and only then goes to the store.
/// </summary>
/// <remarks>
/// Life: (<see cref="Restore"/>* →) <see cref="StartProcessing"/> → (<see cref="Process"/>* / <see cref="Emit"/> → <see cref="PrepareCommit"/> →
/// <see cref="MarkCommitted"/> | <see cref="Abort"/>)* → <see cref="IDisposable.Dispose"/>. Not thread-safe; owned by one stream thread.
/// </remarks>
internal abstract class WindowTask : IDisposable
{
    /// <summary>The repartition partition.</summary>
    public abstract int Partition { get; }

    /// <summary>The changelog offset the local store stands for (exclusive), or null when it is empty: restore starts there.</summary>
    public abstract long? RestoredTo { get; }

    /// <summary>W in Unix milliseconds, or <see cref="CombineTask.NoStreamTime"/>.</summary>
    public abstract long WatermarkMs { get; }

    /// <summary>The index of the input partition with the smallest stream time: the one that holds the watermark back.</summary>
    public abstract int WatermarkHolder { get; }

    /// <summary>True when blocks were processed or rows emitted since the last commit.</summary>
    public abstract bool HasUncommitted { get; }

    /// <summary>True when <see cref="Emit"/> has something to do at this time; after a call: when it has more of it at once.</summary>
    public abstract bool EmitDue { get; }

    /// <summary>Bytes (roughly) held by the overlay; the runtime commits early at 64 MB.</summary>
    public abstract long BufferedBytes { get; }

    /// <summary>Open windows in the store, roughly, for metrics.</summary>
    public abstract long OpenWindows { get; }

    /// <summary>Counts for metrics.</summary>
    public abstract TaskCounters Counters { get; }

    /// <summary>Applies a batch of changelog records to the store; <paramref name="nextOffset"/> is the changelog offset it then stands for.</summary>
    public abstract void Restore(IReadOnlyList<(byte[] Key, byte[]? Value)> records, long nextOffset);

    /// <summary>The store is complete: checks its fingerprint (throws <see cref="StreamsException"/> that names the remedy) and finds what a crash left unemitted.</summary>
    public abstract void StartProcessing();

    /// <summary>Merges one block. Throws <see cref="StreamsException"/> when the audit fails or the bytes are no block: the task must stop.</summary>
    public abstract void Process(in RawRecord record);

    /// <summary>Emits rows that are due, final ones first: a portion, small enough to commit in good time.</summary>
    public abstract void Emit();

    /// <summary>Sends the overlay to the changelog.</summary>
    public abstract void PrepareCommit();

    /// <summary>
    /// The transaction is committed: the overlay goes to the store in one batch with <paramref name="changelogOffset"/> (one past the last changelog
    /// record that was sent; null when none was).
    /// </summary>
    public abstract void MarkCommitted(long? changelogOffset);

    /// <summary>The transaction was aborted: the overlay is dropped; the runtime seeks back to the committed offset.</summary>
    public abstract void Abort();

    /// <inheritdoc/>
    public abstract void Dispose();
}
