using SmartCity.Streams.Hosting;

namespace SmartCity.Streams.Health;

/// <summary>Puts together what is known of the worker's health.</summary>
internal sealed class WorkerHealth(IEnumerable<IWorkerPart> parts, WorkerStatus status, DependencyProbe probe, TimeProvider clock)
{
    private readonly IWorkerPart[] _parts = [.. parts];

    /// <summary>True while no thread hangs. Dependencies never count: restarting a worker mends no database.</summary>
    public bool IsAlive => _parts.All(part => part.IsAlive);

    /// <summary>True when every part that runs here has joined, and nothing restores.</summary>
    public bool IsReady => status.Fault is null && _parts.All(part => part.IsReady);

    /// <summary>What each part does, in a word or two.</summary>
    public IReadOnlyDictionary<string, string> Parts()
        => _parts.ToDictionary(part => part.Name, part => status.Failed.ContainsKey(part.Name) ? "failed" : part.State, StringComparer.Ordinal);

    public HealthReport Report()
    {
        var dependencies = probe.Latest;
        var failed = status.Failed;
        var warnings = status.Warnings.Values
            .Concat(failed.Select(part => $"Part {part.Key} has failed: {part.Value}"))
            .Concat(_parts.SelectMany(part => part.Warnings))
            .Concat(Reasons(dependencies))
            .ToList();
        var states = Parts();
        DependencyProbe.Answer[] answers = [dependencies.Database, dependencies.Storage, dependencies.Kafka];
        var isHealthy = IsAlive && IsReady && failed.Count == 0 && answers.All(answer => answer.Status is "up" or "unused") && !_parts.Any(part => part.Warnings.Any());
        return new(
            isHealthy ? "healthy" : "degraded", dependencies.Database.Status, dependencies.Storage.Status, dependencies.Kafka.Status,
            states.GetValueOrDefault("stream", "unused"), clock.GetUtcNow(), states, warnings);
    }

    private static IEnumerable<string> Reasons(DependencyProbe.Snapshot snapshot)
    {
        (string Name, DependencyProbe.Answer Answer)[] all = [("The database", snapshot.Database), ("The lake", snapshot.Storage), ("Kafka", snapshot.Kafka)];
        return all.Where(one => one.Answer.Reason is not null).Select(one => $"{one.Name} does not answer: {one.Answer.Reason}");
    }
}
