using Confluent.Kafka;

namespace SmartCity.Streams.Sinks;

/// <summary>What the consumer knows of one assigned partition. Touched by the polling thread alone.</summary>
internal sealed class SinkPartition(TopicPartition partition)
{
    public TopicPartition Partition { get; } = partition;

    /// <summary>
    /// The client has found its place: a first record or an end of partition has come. Before that it must be neither paused nor sought, or it asks for that place again
    /// and goes there when nobody wants it any more.
    /// </summary>
    public bool IsLocated { get; set; }

    /// <summary>The sink has said where to start, and the consumer is there. Records that come before are dropped.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Where the consumer must still go before records count; null when it stands right.</summary>
    public Offset? Seek { get; set; }

    /// <summary>The next offset to take.</summary>
    public long Position { get; private set; }

    /// <summary>The end of the log as last reached: with transactions it lies past the last record, since their markers take offsets too.</summary>
    public long EndSeen { get; set; }

    /// <summary>Every offset before this one is safe.</summary>
    public long Safe { get; private set; }

    /// <summary>The record timestamp of the oldest record taken and not yet safe.</summary>
    public long? OldestHeldMs { get; private set; }

    /// <summary>The record timestamp of the newest safe record.</summary>
    public long? NewestSafeMs { get; private set; }

    private long? _newestHeldMs;

    public void StartAt(Offset offset)
    {
        IsOpen = true;
        Seek = offset;
        Position = Safe = Math.Max(0, offset.Value);
        (OldestHeldMs, _newestHeldMs) = (null, null);
    }

    public void Took(long offset, long timestampMs)
    {
        Position = offset + 1;
        OldestHeldMs ??= timestampMs;
        _newestHeldMs = timestampMs;
    }

    public void AllIsSafe()
    {
        Safe = Position;
        NewestSafeMs = _newestHeldMs ?? NewestSafeMs;
        (OldestHeldMs, _newestHeldMs) = (null, null);
    }
}
