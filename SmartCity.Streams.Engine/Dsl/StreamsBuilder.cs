using System.Globalization;

using SmartCity.Streams.Engine.Processing;

namespace SmartCity.Streams.Engine.Dsl;

/// <summary>
/// Describes a topology: where records come from, what is done with them, where they go. Names are Kafka Streams'. A topology has any number of source topics and sinks, and at
/// most one aggregate (one shuffle); chain a second application through a topic.
/// </summary>
public sealed class StreamsBuilder
{
    private readonly SortedDictionary<string, SourceDefinition> _sources = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _sinks = new(StringComparer.Ordinal);
    private AggregationDefinition? _aggregation;
    private int _nodes;
    private bool _built;

    /// <summary>Reads a topic.</summary>
    /// <exception cref="InvalidOperationException">The topic is read already: use that stream.</exception>
    public KStream<TKey, TValue> Stream<TKey, TValue>(string topic, Consumed<TKey, TValue> consumed)
    {
        ArgumentNullException.ThrowIfNull(consumed);
        ThrowIfBuilt();
        TopicName.Check(topic, nameof(topic));
        var stream = new KStream<TKey, TValue>(this, NewNode("KSTREAM-SOURCE", $"topics: [{topic}]"), afterAggregate: false);
        var definition = new SourceDefinition<TKey, TValue>(topic, consumed, stream);
        if (!_sources.TryAdd(topic, definition))
        {
            throw new InvalidOperationException($"Topic {topic} is read already; use the stream that Stream(...) returned the first time.");
        }

        if (consumed.DeadLetterTopic is { } deadLetters)
        {
            AddSink(deadLetters);
        }

        return stream;
    }

    /// <summary>Ends the description.</summary>
    /// <exception cref="InvalidOperationException">Nothing is read, or a topic is both read and written.</exception>
    public Topology Build()
    {
        ThrowIfBuilt();
        if (_sources.Count == 0)
        {
            throw new InvalidOperationException("The topology reads no topic. Begin with Stream(...).");
        }

        if (_sources.Keys.FirstOrDefault(_sinks.Contains) is { } loop)
        {
            throw new InvalidOperationException($"Topic {loop} is both read and written; the topology would feed on itself.");
        }

        _built = true;
        return new Topology([.. _sources.Values], [.. _sinks], _aggregation);
    }

    internal GraphNode NewNode(string kind, string note = "") => new(string.Create(CultureInfo.InvariantCulture, $"{kind}-{_nodes++:D10}"), note);

    internal void AddSink(string topic) => _sinks.Add(TopicName.Check(topic, nameof(topic)));

    internal void SetAggregation(AggregationDefinition aggregation)
    {
        if (_aggregation is not null)
        {
            throw new InvalidOperationException("The topology has an aggregate already. Aggregate a second thing in an application of its own.");
        }

        _aggregation = aggregation;
    }

    internal void ThrowIfBuilt()
    {
        if (_built)
        {
            throw new InvalidOperationException("The topology is built and cannot change any more.");
        }
    }
}

/// <summary>A source topic, as the builder was told of it.</summary>
internal abstract class SourceDefinition(string topic, string? deadLetterTopic, GraphNode graph)
{
    public string Topic { get; } = topic;

    public string? DeadLetterTopic { get; } = deadLetterTopic;

    public GraphNode Graph { get; } = graph;

    public abstract SourceNode Build(TaskScope scope);
}

/// <inheritdoc cref="SourceDefinition"/>
internal sealed class SourceDefinition<TKey, TValue>(string topic, Consumed<TKey, TValue> consumed, KStream<TKey, TValue> stream)
    : SourceDefinition(topic, consumed.DeadLetterTopic, stream.Graph)
{
    public override SourceNode Build(TaskScope scope) => new SourceNode<TKey, TValue>(scope, consumed.Parser(), stream.Build(scope));
}
