using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>A copy of a task's counts that other threads may read.</summary>
internal readonly record struct TaskCounts(long Records, long Late, long DeadLettered);

/// <summary>
/// Carries what a task counts from its thread to the instruments, as differences, so that the totals go on when the task moves away and comes back.
/// </summary>
internal abstract class TaskMeter(StreamsMetrics metrics)
{
    private readonly Dictionary<string, long> _deadLettered = new(StringComparer.Ordinal);
    private long _records;
    private long _late;
    private long _rows;
    private long _partialsForFinal;

    protected StreamsMetrics Metrics { get; } = metrics;

    protected TaskCounts Add(TaskCounters counters)
    {
        Metrics.Records.Add(Moved(ref _records, counters.Records));
        Metrics.Late.Add(Moved(ref _late, counters.Late));
        Metrics.Rows.Add(Moved(ref _rows, counters.RowsEmitted));
        Metrics.PartialsForFinal.Add(Moved(ref _partialsForFinal, counters.PartialsForFinalWindows));
        var total = 0L;
        foreach (var (reason, count) in counters.DeadLetteredByReason)
        {
            total += count;
            _deadLettered.TryGetValue(reason, out var before);
            _deadLettered[reason] = count;
            Metrics.DeadLettered.Add(count - before, new KeyValuePair<string, object?>("reason", reason));
        }

        return new TaskCounts(counters.Records, counters.Late, total);
    }

    /// <summary>The next task of this partition counts from zero.</summary>
    protected void Forget()
    {
        _records = _late = _rows = _partialsForFinal = 0;
        _deadLettered.Clear();
    }

    private static long Moved(ref long before, long now)
    {
        var moved = now - before;
        before = now;
        return moved;
    }
}

/// <summary>The meter of an input partition.</summary>
internal sealed class InputMeter(StreamsMetrics metrics, InputPartition input) : TaskMeter(metrics)
{
    private volatile InputTaskStatus? _status;

    public InputPartition Input => input;

    public InputTaskStatus? Status => _status;

    public void Publish(TaskCounters counters, Func<TaskCounts, InputTaskStatus> status) => _status = status(Add(counters));

    public void Retire(TaskCounters counters)
    {
        Add(counters);
        Forget();
        Metrics.Remove(this);
    }
}

/// <summary>The meter of a repartition partition.</summary>
internal sealed class WindowMeter(StreamsMetrics metrics) : TaskMeter(metrics)
{
    private volatile WindowTaskStatus? _status;
    private long _stateBytes;

    public WindowTaskStatus? Status => _status;

    public long StateBytes => Volatile.Read(ref _stateBytes);

    public void Publish(WindowTaskStatus status, long stateBytes, TaskCounters? counters)
    {
        if (counters is not null)
        {
            Add(counters);
        }

        Volatile.Write(ref _stateBytes, stateBytes);
        _status = status;
    }

    /// <summary>The task ends: its last counts.</summary>
    public void Count(TaskCounters counters)
    {
        Add(counters);
        Forget();
    }

    public void Retire() => Metrics.Remove(this);
}
