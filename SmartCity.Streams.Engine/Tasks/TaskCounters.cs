using System.Collections.Concurrent;

namespace SmartCity.Streams.Engine.Tasks;

/// <summary>Counts for metrics; monotonic for the life of the task. Written by the task's thread, read by any. What an aborted transaction did counts again when it is redone.</summary>
internal sealed class TaskCounters
{
    public long Records;
    public long Late;
    public long PartialsForFinalWindows;
    public long RowsEmitted;

    public ConcurrentDictionary<string, long> DeadLetteredByReason { get; } = new(StringComparer.Ordinal);
}
