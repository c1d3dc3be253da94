namespace SmartCity.Streams.Engine.Tasks;

/// <summary>A record as it came from the log; its spans are valid only until the next one is read.</summary>
/// <param name="topic">The topic.</param>
/// <param name="partition">The partition.</param>
/// <param name="offset">The offset.</param>
/// <param name="timestampMs">The record timestamp in Unix milliseconds.</param>
/// <param name="key">The key's bytes; empty when the key is null.</param>
/// <param name="value">The value's bytes; empty when the value is null.</param>
/// <param name="hasKey">False when the key is null.</param>
/// <param name="hasValue">False when the value is null (a tombstone).</param>
public readonly ref struct RawRecord(
    string topic, int partition, long offset, long timestampMs, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasKey = true, bool hasValue = true)
{
    /// <summary>The topic.</summary>
    public string Topic { get; } = topic;

    /// <summary>The partition.</summary>
    public int Partition { get; } = partition;

    /// <summary>The offset.</summary>
    public long Offset { get; } = offset;

    /// <summary>The record timestamp in Unix milliseconds: the broker's time of arrival where the topic has LogAppendTime.</summary>
    public long TimestampMs { get; } = timestampMs;

    /// <summary>The key's bytes; empty when the key is null.</summary>
    public ReadOnlySpan<byte> Key { get; } = key;

    /// <summary>The value's bytes; empty when the value is null.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;

    /// <summary>False when the key is null.</summary>
    public bool HasKey { get; } = hasKey;

    /// <summary>False when the value is null.</summary>
    public bool HasValue { get; } = hasValue;
}
