using Confluent.Kafka;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>An input partition of this thread with its combine task.</summary>
internal sealed class CombineSlot(TopicPartition partition, CombineTask task, ClusterPlan cluster, InputMeter meter) : Slot(partition)
{
    public CombineTask Task => task;

    public InputMeter Meter => meter;

    /// <summary>The log was read to its end and nothing came since.</summary>
    public bool AtEnd { get; set; }

    /// <summary>Records came since the clock was last looked at: there is no time for that at each record.</summary>
    public bool Touched { get; set; }

    /// <summary>When the last record was read (or the task began), and what stream time was then.</summary>
    public long LastActivity { get; private set; }

    public long StreamTimeAtActivity { get; private set; } = CombineTask.NoStreamTime;

    public long? RaisedAt { get; set; }

    public override bool HasUncommitted => task.HasUncommitted;

    public override long BufferedBytes => task.BufferedBytes;

    public override void PrepareClose() => task.PrepareClose();

    public override void PrepareCommit() => task.PrepareCommit();

    public override void AddOffsets(List<TopicPartitionOffset> offsets)
    {
        offsets.Add(new TopicPartitionOffset(Partition, task.NextOffset));
        offsets.Add(new TopicPartitionOffset(cluster.Topics.StreamTime, task.Input.Index, InternalTopics.ToOffset(task.StreamTimeMs, task.IsRaised)));
        if (task.Input.Index == 0)
        {
            offsets.Add(new TopicPartitionOffset(cluster.Topics.Raises, 0, ApplicationMark.Of(cluster.Epoch, cluster.Fingerprint).ToOffset()));
        }
    }

    public override void MarkCommitted(Output output) => task.MarkCommitted();

    // The reload that follows initialises the task from what is committed, whichever way that ended.
    public override void Drop(bool outcomeUnknown)
    {
    }

    public override void Close() => meter.Retire(task.Counters);

    public void NoteActivity(long now)
    {
        Touched = false;
        LastActivity = now;
        StreamTimeAtActivity = task.StreamTimeMs;
    }
}
