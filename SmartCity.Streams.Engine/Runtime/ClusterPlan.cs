using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>What is known about the cluster once the start's checks have passed.</summary>
/// <param name="Topics">The engine's own topics.</param>
/// <param name="Inputs">Every input partition by index.</param>
/// <param name="RepartitionPartitions">R.</param>
/// <param name="Fingerprint">The topology's fingerprint on this cluster.</param>
/// <param name="Epoch">The epoch rows carry.</param>
/// <param name="ChangelogId">Tells this changelog topic from one of the same name that was deleted.</param>
internal sealed record ClusterPlan(
    InternalTopics Topics, IReadOnlyList<InputPartition> Inputs, int RepartitionPartitions, ulong Fingerprint, int Epoch, string ChangelogId)
{
    private readonly Dictionary<string, int> _firstIndex = FirstIndexes(Inputs);

    /// <summary>The index of an input partition; -1 for one that was not there when the worker started.</summary>
    public int IndexOf(string topic, int partition) =>
        _firstIndex.TryGetValue(topic, out var first) && first + partition < Inputs.Count && Inputs[first + partition].Topic == topic ? first + partition : -1;

    private static Dictionary<string, int> FirstIndexes(IReadOnlyList<InputPartition> inputs)
    {
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var input in inputs)
        {
            first.TryAdd(input.Topic, input.Index);
        }

        return first;
    }
}
