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
internal readonly ref struct RawRecord(
    string topic, int partition, long offset, long timestampMs, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasKey = true, bool hasValue = true)
{
    public string Topic { get; } = topic;

    public int Partition { get; } = partition;

    public long Offset { get; } = offset;

    public long TimestampMs { get; } = timestampMs;

    public ReadOnlySpan<byte> Key { get; } = key;

    public ReadOnlySpan<byte> Value { get; } = value;

    public bool HasKey { get; } = hasKey;

    public bool HasValue { get; } = hasValue;
}
