using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.Engine.Dsl;

/// <summary>Records by group; say over which windows, or aggregate over all of time.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TValue">The type of the value.</typeparam>
/// <typeparam name="TGroup">The type of the groups.</typeparam>
public sealed class KGroupedStream<TKey, TValue, TGroup>
    where TGroup : notnull
{
    private readonly KStream<TKey, TValue> _stream;
    private readonly Grouped<TKey, TValue, TGroup> _grouped;

    internal KGroupedStream(KStream<TKey, TValue> stream, Grouped<TKey, TValue, TGroup> grouped)
    {
        _stream = stream;
        _grouped = grouped;
    }

    /// <summary>Aggregates in windows.</summary>
    public WindowedKStream<TKey, TValue, TGroup> WindowedBy(TimeWindows windows) => new(_stream, _grouped, windows);

    /// <summary>Aggregates over all of time; rows are emitted as they change and never final.</summary>
    public KStream<Windowed<TGroup>, WindowUpdate<TAggregate>> Aggregate<TAggregate>(IMergeableAggregator<TValue, TAggregate> aggregator, string storeName)
        where TAggregate : class => WindowedBy(TimeWindows.Unlimited).Aggregate(aggregator, storeName);

    /// <summary>Counts records over all of time.</summary>
    public KStream<Windowed<TGroup>, WindowUpdate<Counter>> Count(string storeName = "counts") => Aggregate(new CountAggregator<TValue>(), storeName);
}
