using System.IO.Hashing;
using System.Text;

using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Tasks;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.Engine;

/// <summary>
/// What a <see cref="StreamsBuilder"/> built: sub-topology 0 (sources, stateless operators, combine) and, where something is aggregated, sub-topology 1
/// (windows and what follows). Immutable; every task makes its own operators from it.
/// </summary>
public sealed class Topology
{
    private readonly IReadOnlyList<SourceDefinition> _sources;
    private readonly AggregationDefinition? _aggregation;

    internal Topology(IReadOnlyList<SourceDefinition> sources, IReadOnlyList<string> sinkTopics, AggregationDefinition? aggregation)
    {
        _sources = sources;
        _aggregation = aggregation;
        SinkTopics = sinkTopics;
        SourceTopics = [.. sources.Select(source => source.Topic)];
    }

    /// <summary>The topics read by sub-topology 0, sorted ordinally. An input partition's index is its partition number plus the partition counts of the topics before its own.</summary>
    internal IReadOnlyList<string> SourceTopics { get; }

    /// <summary>The topics written by name (sinks, dead letters, late records), sorted ordinally, without the engine's internal ones.</summary>
    internal IReadOnlyList<string> SinkTopics { get; }

    /// <summary>The name of the window store, or null when nothing is aggregated (then there is no sub-topology 1).</summary>
    internal string? StoreName => _aggregation?.StoreName;

    /// <summary>Makes the task that runs sub-topology 0 on one input partition.</summary>
    internal CombineTask CreateCombineTask(CombineTaskContext context) =>
        new(_sources.First(source => source.Topic == context.Input.Topic), _aggregation is not null, _aggregation?.LateTopic, context);

    /// <summary>Makes the task that runs sub-topology 1 on one repartition partition.</summary>
    internal WindowTask CreateWindowTask(WindowTaskContext context) =>
        _aggregation?.CreateWindowTask(context) ?? throw new InvalidOperationException("The topology aggregates nothing.");

    /// <summary>A hash of everything that decides what a window contains; the counts and topic ids are known only at run time.</summary>
    internal ulong Fingerprint(int inputPartitions, int repartitionPartitions, IEnumerable<string> topicIds)
    {
        var windows = _aggregation?.Windows ?? TimeWindows.Unlimited;
        var text = string.Join('|', [$"block {BlockFormat.Version}", windows.ToString(), $"{inputPartitions} in", $"{repartitionPartitions} out", .. topicIds]);
        return XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The topology as text, in the manner of Kafka Streams.</summary>
    public string Describe()
    {
        var text = new StringBuilder("Topologies:\n   Sub-topology: 0\n");
        var seen = new HashSet<GraphNode>();
        foreach (var source in _sources)
        {
            Describe(source.Graph, text, seen);
        }

        if (_aggregation is not null)
        {
            text.Append("   Sub-topology: 1\n");
            Describe(_aggregation.RowsGraph, text, seen);
        }

        return text.ToString();
    }

    private static void Describe(GraphNode node, StringBuilder text, HashSet<GraphNode> seen)
    {
        if (!seen.Add(node))
        {
            return;
        }

        text.Append("    ").Append(node.Name).Append(node.Note.Length > 0 ? $" ({node.Note})" : "").Append('\n');
        text.Append("      --> ").Append(node.Children.Count > 0 ? string.Join(", ", node.Children.Select(child => child.Name)) : "none").Append('\n');
        foreach (var child in node.Children)
        {
            Describe(child, text, seen);
        }
    }
}
