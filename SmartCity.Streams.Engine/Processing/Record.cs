namespace SmartCity.Streams.Engine.Processing;

/// <summary>What flows between operators.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
/// <param name="TimestampMs">Event time, Unix milliseconds.</param>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TValue">The type of the value.</typeparam>
public readonly record struct Record<TKey, TValue>(TKey Key, TValue Value, long TimestampMs)
{
    /// <summary>The value: a field, so that a large one can be read in place.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1051:Do not declare visible instance fields", Justification = "A property hands out a copy, once for every operator a record passes.")]
    public readonly TValue Value = Value;
}

/// <summary>Where a record stands in the log: what tells readings of the same event time apart.</summary>
/// <param name="TimestampMs">Event time, Unix milliseconds.</param>
/// <param name="Partition">The input partition.</param>
/// <param name="Offset">The offset.</param>
public readonly record struct RecordPosition(long TimestampMs, int Partition, long Offset);
