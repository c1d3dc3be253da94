using System.Collections.Concurrent;

namespace SmartCity.Streams.Hosting;

/// <summary>What is known of this worker as a whole: its fault, the faults of its parts, and lasting warnings. Safe for every thread.</summary>
internal sealed class WorkerStatus
{
    private readonly ConcurrentDictionary<string, string> _failed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _warnings = new(StringComparer.Ordinal);

    /// <summary>The fault that ends the process; null while there is none.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>The parts that a fault stopped, with its message.</summary>
    public IReadOnlyDictionary<string, string> Failed => _failed;

    /// <summary>What a person should know, by subject.</summary>
    public IReadOnlyDictionary<string, string> Warnings => _warnings;

    public void Fail(Exception fault) => Fault ??= fault;

    public void PartFailed(string part, string message) => _failed[part] = message;

    public void Warn(string subject, string message) => _warnings[subject] = message;
}
