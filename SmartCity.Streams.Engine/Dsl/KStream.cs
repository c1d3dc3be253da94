using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.Engine.Dsl;

/// <summary>
/// An unbounded stream of records, as Kafka Streams' <c>KStream</c>. Operators run in the order in which they were added; functions given to them are shared by
/// all tasks and must keep no state (use <see cref="Process{TOutKey,TOutValue}"/> for that).
/// </summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TValue">The type of the value.</typeparam>
public sealed class KStream<TKey, TValue>
{
    private readonly List<Func<TaskScope, Node<TKey, TValue>>> _children = [];

    internal KStream(StreamsBuilder builder, GraphNode graph, bool afterAggregate)
    {
        Builder = builder;
        Graph = graph;
        AfterAggregate = afterAggregate;
    }

    internal StreamsBuilder Builder { get; }

    internal GraphNode Graph { get; }

    /// <summary>True in sub-topology 1, among the rows of an aggregate.</summary>
    internal bool AfterAggregate { get; }

    /// <summary>Keeps the records for which the predicate holds.</summary>
    public KStream<TKey, TValue> Filter(Func<TKey, TValue, bool> predicate) =>
        Then<TKey, TValue>("FILTER", (_, next) => new FilterNode<TKey, TValue>(predicate, next));

    /// <summary>Drops the records for which the predicate holds.</summary>
    public KStream<TKey, TValue> FilterNot(Func<TKey, TValue, bool> predicate) => Filter((key, value) => !predicate(key, value));

    /// <summary>Turns each record into one other.</summary>
    public KStream<TOutKey, TOutValue> Map<TOutKey, TOutValue>(Func<TKey, TValue, (TOutKey Key, TOutValue Value)> mapper) =>
        Then<TOutKey, TOutValue>("MAP", (_, next) => new MapNode<TKey, TValue, TOutKey, TOutValue>(mapper, next));

    /// <summary>Turns each value into another.</summary>
    public KStream<TKey, TOutValue> MapValues<TOutValue>(Func<TKey, TValue, TOutValue> mapper) =>
        Then<TKey, TOutValue>("MAPVALUES", (_, next) => new MapNode<TKey, TValue, TKey, TOutValue>((key, value) => (key, mapper(key, value)), next));

    /// <summary>Gives each record another key.</summary>
    public KStream<TOutKey, TValue> SelectKey<TOutKey>(Func<TKey, TValue, TOutKey> selector) =>
        Then<TOutKey, TValue>("KEY-SELECT", (_, next) => new MapNode<TKey, TValue, TOutKey, TValue>((key, value) => (selector(key, value), value), next));

    /// <summary>Turns each record into none, one or several.</summary>
    public KStream<TOutKey, TOutValue> FlatMap<TOutKey, TOutValue>(Func<TKey, TValue, IEnumerable<(TOutKey Key, TOutValue Value)>> mapper) =>
        Then<TOutKey, TOutValue>("FLATMAP", (_, next) => new FlatMapNode<TKey, TValue, TOutKey, TOutValue>(mapper, next));

    /// <summary>Turns each value into none, one or several.</summary>
    public KStream<TKey, TOutValue> FlatMapValues<TOutValue>(Func<TKey, TValue, IEnumerable<TOutValue>> mapper) =>
        Then<TKey, TOutValue>("FLATMAPVALUES", (_, next) => new FlatMapNode<TKey, TValue, TKey, TOutValue>((key, value) => mapper(key, value).Select(v => (key, v)), next));

    /// <summary>Looks at each record and passes it on.</summary>
    public KStream<TKey, TValue> Peek(Action<TKey, TValue> action) => Then<TKey, TValue>("PEEK", (_, next) => new PeekNode<TKey, TValue>(action, next));

    /// <summary>Runs a processor of one's own; the function makes one for each task.</summary>
    public KStream<TOutKey, TOutValue> Process<TOutKey, TOutValue>(Func<IProcessor<TKey, TValue, TOutKey, TOutValue>> supplier) =>
        Then<TOutKey, TOutValue>("PROCESSOR", (scope, next) => new ProcessorNode<TKey, TValue, TOutKey, TOutValue>(scope, supplier(), next));

    /// <summary>Sends each record down the first branch whose predicate holds.</summary>
    public BranchedKStream<TKey, TValue> Split() => new(this);

    /// <summary>The records of both streams; nothing is said of their order.</summary>
    /// <exception cref="InvalidOperationException">One of them comes after the aggregate and the other before.</exception>
    public KStream<TKey, TValue> Merge(KStream<TKey, TValue> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Builder != Builder || other.AfterAggregate != AfterAggregate)
        {
            throw new InvalidOperationException("Only streams of one builder, both before or both after the aggregate, can be merged.");
        }

        var merged = new KStream<TKey, TValue>(Builder, Builder.NewNode("KSTREAM-MERGE"), AfterAggregate);
        Attach(merged.Graph, merged.Build);
        other.Attach(merged.Graph, merged.Build);
        return merged;
    }

    /// <summary>Writes the records to a topic: the partition by the murmur2 hash of the key, the timestamp by the wall clock.</summary>
    public void To(string topic, ISerde<TKey> key, ISerde<TValue> value)
    {
        Builder.AddSink(topic);
        Attach(Builder.NewNode("KSTREAM-SINK", $"topic: {topic}"), scope => new SinkNode<TKey, TValue>(scope, topic, key, value));
    }

    /// <summary>Groups records by something in them, before the shuffle; each record may count in several groups.</summary>
    /// <exception cref="InvalidOperationException">The stream already comes after an aggregate: write it to a topic and aggregate that in a second application.</exception>
    public KGroupedStream<TKey, TValue, TGroup> GroupBy<TGroup>(Grouped<TKey, TValue, TGroup> grouped)
        where TGroup : notnull
    {
        if (AfterAggregate)
        {
            throw new InvalidOperationException("These are already the rows of an aggregate. Write them to a topic with To(...) and aggregate that topic in an application of its own.");
        }

        return new KGroupedStream<TKey, TValue, TGroup>(this, grouped);
    }

    /// <summary>Groups records by one thing in each of them.</summary>
    public KGroupedStream<TKey, TValue, TGroup> GroupBy<TGroup>(Func<TKey, TValue, TGroup> selector, ISerde<TGroup> serde)
        where TGroup : notnull =>
        GroupBy(new Grouped<TKey, TValue, TGroup> { Selector = (in Record<TKey, TValue> record, GroupCollector<TGroup> groups) => groups.Add(selector(record.Key, record.Value)), Serde = serde });

    /// <summary>The operators that follow, as one task runs them.</summary>
    internal Node<TKey, TValue> Build(TaskScope scope) => scope.Once(this, () =>
    {
        var children = _children.Select(build => build(scope)).ToArray();
        return children.Length switch
        {
            0 => new EndNode<TKey, TValue>(),
            1 => children[0],
            _ => new FanOutNode<TKey, TValue>(children),
        };
    });

    internal void Attach(GraphNode graph, Func<TaskScope, Node<TKey, TValue>> build)
    {
        Builder.ThrowIfBuilt();
        Graph.Children.Add(graph);
        _children.Add(build);
    }

    private KStream<TOutKey, TOutValue> Then<TOutKey, TOutValue>(string kind, Func<TaskScope, Node<TOutKey, TOutValue>, Node<TKey, TValue>> make)
    {
        var next = new KStream<TOutKey, TOutValue>(Builder, Builder.NewNode($"KSTREAM-{kind}"), AfterAggregate);
        Attach(next.Graph, scope => scope.Once(next.Graph, () => make(scope, next.Build(scope))));
        return next;
    }
}
