using Confluent.Kafka;
using SmartCity.Streams.Engine.State;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>A repartition partition of this thread with its window task and store.</summary>
internal sealed class WindowSlot(TopicPartition partition, WindowMeter meter) : Slot(partition)
{
    private static readonly TimeSpan s_longestSpan = TimeSpan.FromSeconds(10);

    public WindowTask? Task { get; private set; }

    public RocksDbStore? Store { get; private set; }

    public WindowMeter Meter => meter;

    public long CommittedOffset { get; set; }

    /// <summary>Changelog records between the store and the restore's target.</summary>
    public long RestoreRemaining { get; set; }

    /// <summary>The committed offset up to which the repartition topic was purged.</summary>
    public long PurgedTo { get; set; }

    /// <summary>Why the local store must not be used, once that has shown.</summary>
    public string? Unfit { get; set; }

    // Rows are sent when they are due, which may be some commits later, or never.
    public override bool IsSpanDone(TimeProvider clock) => Span is { IsPassedOn: true } || Span?.Age(clock) > s_longestSpan;

    public override bool HasUncommitted => Task is { HasUncommitted: true };

    public override long BufferedBytes => Task?.BufferedBytes ?? 0;

    public void Open(RocksDbStore store, WindowTask task)
    {
        Store = store;
        Task = task;
    }

    public override void PrepareClose()
    {
    }

    public override void PrepareCommit() => Task!.PrepareCommit();

    public override void AddOffsets(List<TopicPartitionOffset> offsets) => offsets.Add(new TopicPartitionOffset(Partition, NextOffset));

    public override void MarkCommitted(Output output)
    {
        Task!.MarkCommitted(output.TakeChangelogEnd(Partition.Partition.Value));
        CommittedOffset = NextOffset;
    }

    // If the transaction may have been committed, the store may lack what the changelog has: the task begins anew with a restore.
    public override void Drop(bool outcomeUnknown)
    {
        if (outcomeUnknown)
        {
            CloseTask();
        }
        else
        {
            Task?.Abort();
        }
    }

    public override void Close()
    {
        CloseTask();
        meter.Retire();
    }

    public void CloseTask()
    {
        if (Task is not null)
        {
            meter.Count(Task.Counters);
            Task.Dispose();
        }

        Task = null;
        Store = null;
    }
}
