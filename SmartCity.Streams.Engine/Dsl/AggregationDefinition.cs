using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Tasks;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.Engine.Dsl;

/// <summary>The one aggregate of a topology, as the builder was told of it.</summary>
internal abstract class AggregationDefinition
{
    public required string StoreName { get; init; }

    public required TimeWindows Windows { get; init; }

    public required EmitStrategy EmitStrategy { get; init; }

    public required string? LateTopic { get; init; }

    /// <summary>The stream of rows, for the description.</summary>
    public required GraphNode RowsGraph { get; init; }

    public abstract WindowTask CreateWindowTask(WindowTaskContext context);
}

/// <inheritdoc cref="AggregationDefinition"/>
internal sealed class AggregationDefinition<TKey, TValue, TGroup, TAggregate> : AggregationDefinition
    where TGroup : notnull
    where TAggregate : class
{
    public required Grouped<TKey, TValue, TGroup> Grouped { get; init; }

    public required IMergeableAggregator<TValue, TAggregate> Aggregator { get; init; }

    public required KStream<Windowed<TGroup>, WindowUpdate<TAggregate>> Rows { get; init; }

    public Node<TKey, TValue> BuildCombine(TaskScope scope) => scope.Once(this, () => new CombineNode<TKey, TValue, TGroup, TAggregate>(scope, this));

    public override WindowTask CreateWindowTask(WindowTaskContext context) => new WindowTask<TKey, TValue, TGroup, TAggregate>(this, context);
}
