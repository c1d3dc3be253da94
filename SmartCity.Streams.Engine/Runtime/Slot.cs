using Confluent.Kafka;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>How far a task has come.</summary>
internal enum SlotState
{
    /// <summary>Its committed position is being read.</summary>
    Loading,

    /// <summary>Its store is being restored.</summary>
    Restoring,

    /// <summary>It takes records.</summary>
    Running,
}

/// <summary>A partition that a thread owns, with its task.</summary>
internal abstract class Slot(TopicPartition partition)
{
    public TopicPartition Partition { get; } = partition;

    public SlotState State { get; set; }

    /// <summary>Moves with every reload, so that an answer to an older question is recognised and dropped.</summary>
    public int Generation { get; set; }

    /// <summary>Records below this are not for the task: left in a queue by a seek.</summary>
    public long NextOffset { get; set; }

    /// <summary>As far as the log was seen, trailing transaction markers included.</summary>
    public long Position { get; set; }

    /// <summary>At-least-once: the offset still has to be committed, although the task has moved on.</summary>
    public bool OffsetDue { get; set; }

    /// <summary>
    /// True once the client has found the place it was assigned to wait at: its first record or end of partition has come. Seeking or pausing before that leaves the
    /// client's question for that place unanswered; librdkafka then asks again half a second later and goes there, past everything in between.
    /// </summary>
    public bool Located { get; set; }

    /// <summary>True once the consumer is told to hold this partition back.</summary>
    public bool Paused { get; set; }

    /// <summary>What is done with records that belong to a trace; null where there are none.</summary>
    public BatchSpan? Span { get; set; }

    /// <summary>After a commit: whether all that the span is about is done.</summary>
    public virtual bool IsSpanDone(TimeProvider clock) => true;

    /// <summary>The task has something to commit.</summary>
    public abstract bool HasUncommitted { get; }

    /// <summary>Roughly what the task holds in memory for the next commit.</summary>
    public abstract long BufferedBytes { get; }

    public abstract void PrepareClose();

    public abstract void PrepareCommit();

    public abstract void AddOffsets(List<TopicPartitionOffset> offsets);

    public abstract void MarkCommitted(Output output);

    /// <summary>The transaction is gone; whether it was committed is not known when <paramref name="outcomeUnknown"/>.</summary>
    public abstract void Drop(bool outcomeUnknown);

    /// <summary>The partition goes elsewhere, or the thread ends.</summary>
    public abstract void Close();
}
