using Confluent.Kafka;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>A run of a partition's offsets, [<see cref="First"/>, <see cref="End"/>), on its way to the lake.</summary>
internal sealed class LakeBatch(TopicPartition partition, long first, long? cutAt, long startedAt, LakeRows rows)
{
    private HashSet<string>? _written;

    public TopicPartition Partition { get; } = partition;

    public long First { get; } = first;

    /// <summary>The next offset; what was taken ends before it.</summary>
    public long End { get; set; } = cutAt ?? first;

    /// <summary>The end it was cut at, by us or by an earlier owner; null while it may still grow.</summary>
    public long? CutAt { get; private set; } = cutAt;

    /// <summary>True when everything up to the cut is in it.</summary>
    public bool IsComplete { get; set; }

    /// <summary>True when retention has removed a part of what an earlier owner cut: objects it has written are whole, and ours would not be.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>When its cut was last committed (a <see cref="TimeProvider"/> timestamp).</summary>
    public long CutAtTime { get; set; }

    /// <summary>When its first record came (a <see cref="TimeProvider"/> timestamp).</summary>
    public long StartedAt { get; } = startedAt;

    public LakeRows Rows { get; } = rows;

    /// <summary>The cut is committed: from now on the batch may not change, for its objects may be in the lake.</summary>
    public void Cut()
    {
        CutAt = End;
        IsComplete = true;
    }

    /// <summary>Remembers a written object, for when the work is repeated.</summary>
    public void Wrote(string key)
    {
        lock (Rows)
        {
            (_written ??= new HashSet<string>(StringComparer.Ordinal)).Add(key);
        }
    }

    public bool HasWritten(string key)
    {
        lock (Rows)
        {
            return _written?.Contains(key) == true;
        }
    }
}
