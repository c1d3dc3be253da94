using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>What the runtime needs of a topology; it knows tasks, not operators.</summary>
internal sealed record TopologyPlan(
    IReadOnlyList<string> SourceTopics,
    IReadOnlyList<string> SinkTopics,
    string? StoreName,
    Func<CombineTaskContext, CombineTask> CreateCombineTask,
    Func<WindowTaskContext, WindowTask> CreateWindowTask,
    Func<int, int, IEnumerable<string>, ulong> Fingerprint)
{
    public static TopologyPlan Of(Topology topology) => new(
        topology.SourceTopics, topology.SinkTopics, topology.StoreName, topology.CreateCombineTask, topology.CreateWindowTask, topology.Fingerprint);
}
