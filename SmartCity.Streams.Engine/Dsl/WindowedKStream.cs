using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.Engine.Dsl;

/// <summary>Records by group and window.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TValue">The type of the value.</typeparam>
/// <typeparam name="TGroup">The type of the groups.</typeparam>
public sealed class WindowedKStream<TKey, TValue, TGroup>
    where TGroup : notnull
{
    private readonly KStream<TKey, TValue> _stream;
    private readonly Grouped<TKey, TValue, TGroup> _grouped;
    private readonly TimeWindows _windows;
    private EmitStrategy _emit = Windows.EmitStrategy.OnWindowUpdate;
    private string? _lateTopic;

    internal WindowedKStream(KStream<TKey, TValue> stream, Grouped<TKey, TValue, TGroup> grouped, TimeWindows windows)
    {
        _stream = stream;
        _grouped = grouped;
        _windows = windows;
    }

    /// <summary>Sends records that count in no window any more to a topic: bytes unchanged, lateness and source in headers. Without it they are only counted.</summary>
    public WindowedKStream<TKey, TValue, TGroup> LateTo(string topic)
    {
        _lateTopic = topic;
        return this;
    }

    /// <summary>Says which rows are emitted.</summary>
    public WindowedKStream<TKey, TValue, TGroup> EmitStrategy(EmitStrategy strategy)
    {
        _emit = strategy;
        return this;
    }

    /// <summary>Aggregates; the state is kept in a store of this name and its changelog topic.</summary>
    /// <exception cref="InvalidOperationException">The topology has an aggregate already: one application has one shuffle.</exception>
    public KStream<Windowed<TGroup>, WindowUpdate<TAggregate>> Aggregate<TAggregate>(IMergeableAggregator<TValue, TAggregate> aggregator, string storeName)
        where TAggregate : class
    {
        var builder = _stream.Builder;
        var combine = builder.NewNode("KSTREAM-COMBINE", $"windows: {_windows}");
        var rows = new KStream<Windowed<TGroup>, WindowUpdate<TAggregate>>(builder, builder.NewNode("KSTREAM-WINDOW-AGGREGATE", $"stores: [{storeName}]"), afterAggregate: true);
        var definition = new AggregationDefinition<TKey, TValue, TGroup, TAggregate>
        {
            StoreName = TopicName.Check(storeName, nameof(storeName)),
            Windows = _windows,
            EmitStrategy = _emit,
            LateTopic = _lateTopic,
            RowsGraph = rows.Graph,
            Grouped = _grouped,
            Aggregator = aggregator,
            Rows = rows,
        };
        builder.SetAggregation(definition);
        if (_lateTopic is not null)
        {
            builder.AddSink(_lateTopic);
        }

        _stream.Attach(combine, definition.BuildCombine);
        return rows;
    }

    /// <summary>Counts records.</summary>
    public KStream<Windowed<TGroup>, WindowUpdate<Counter>> Count(string storeName = "counts") => Aggregate(new CountAggregator<TValue>(), storeName);
}
