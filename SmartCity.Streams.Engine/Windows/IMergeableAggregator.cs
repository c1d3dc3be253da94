using System.Buffers;

using SmartCity.Streams.Engine.Processing;

namespace SmartCity.Streams.Engine.Windows;

/// <summary>
/// How values are aggregated. The engine combines before the shuffle, so an aggregate must be mergeable: adding values one by one, or adding them to several
/// aggregates and merging those in any order, must give the same bytes.
/// </summary>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <typeparam name="TAggregate">The type of the aggregate: mutable, and reused after <see cref="Clear"/>.</typeparam>
public interface IMergeableAggregator<TValue, TAggregate>
    where TAggregate : class
{
    /// <summary>Makes an empty aggregate.</summary>
    TAggregate Create();

    /// <summary>Empties an aggregate for reuse.</summary>
    void Clear(TAggregate aggregate);

    /// <summary>Adds one value.</summary>
    void Add(TAggregate aggregate, in TValue value, in RecordPosition position);

    /// <summary>Adds to <paramref name="into"/> all that <paramref name="from"/> holds; <paramref name="from"/> stays as it is.</summary>
    void Merge(TAggregate into, TAggregate from);

    /// <summary>Appends the aggregate's bytes.</summary>
    void Write(TAggregate aggregate, IBufferWriter<byte> output);

    /// <summary>Replaces what an aggregate holds by what exactly these bytes say; throws <see cref="FormatException"/> on anything else.</summary>
    void Read(TAggregate into, ReadOnlySpan<byte> bytes);
}
