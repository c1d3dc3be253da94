using System.Buffers;

using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Streams.Engine.Windows;

/// <summary>A number of records.</summary>
public sealed class Counter
{
    /// <summary>How many were counted.</summary>
    public long Value { get; internal set; }
}

/// <summary>Counts records: the aggregate of <c>Count()</c>.</summary>
/// <typeparam name="TValue">The type of the values.</typeparam>
public sealed class CountAggregator<TValue> : IMergeableAggregator<TValue, Counter>
{
    /// <inheritdoc/>
    public Counter Create() => new();

    /// <inheritdoc/>
    public void Clear(Counter aggregate) => aggregate.Value = 0;

    /// <inheritdoc/>
    public void Add(Counter aggregate, in TValue value, in RecordPosition position) => aggregate.Value++;

    /// <inheritdoc/>
    public void Merge(Counter into, Counter from) => into.Value += from.Value;

    /// <inheritdoc/>
    public void Write(Counter aggregate, IBufferWriter<byte> output) => VarInt.Write(output, (ulong)aggregate.Value);

    /// <inheritdoc/>
    public void Read(Counter into, ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        into.Value = (long)reader.ReadVarInt();
        if (!reader.AtEnd)
        {
            throw new FormatException("Bytes follow the count.");
        }
    }
}
