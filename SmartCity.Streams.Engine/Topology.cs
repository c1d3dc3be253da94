using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine;

/// <summary>
/// What a <c>StreamsBuilder</c> built: sub-topology 0 (sources, stateless operators, combine) and, where something is aggregated, sub-topology 1
/// (windows and what follows). Immutable; every task makes its own processors from it.
/// </summary>
public sealed class Topology
{
    /// <summary>The topics read by sub-topology 0, sorted ordinally. An input partition's index is its partition number plus the partition counts of the topics before its own.</summary>
    internal IReadOnlyList<string> SourceTopics => throw new NotImplementedException();

    /// <summary>The topics written by name (sinks, dead letters, late records), sorted ordinally, without the engine's internal ones.</summary>
    internal IReadOnlyList<string> SinkTopics => throw new NotImplementedException();

    /// <summary>The name of the window store, or null when nothing is aggregated (then there is no sub-topology 1).</summary>
    internal string? StoreName => throw new NotImplementedException();

    /// <summary>Makes the task that runs sub-topology 0 on one input partition.</summary>
    internal CombineTask CreateCombineTask(CombineTaskContext context) => throw new NotImplementedException();

    /// <summary>Makes the task that runs sub-topology 1 on one repartition partition.</summary>
    internal WindowTask CreateWindowTask(WindowTaskContext context) => throw new NotImplementedException();

    /// <summary>A hash of everything that decides what a window contains; the counts and topic ids are known only at run time.</summary>
    internal ulong Fingerprint(int inputPartitions, int repartitionPartitions, IEnumerable<string> topicIds) => throw new NotImplementedException();

    /// <summary>The topology as text, in the manner of Kafka Streams.</summary>
    public string Describe() => throw new NotImplementedException();
}
