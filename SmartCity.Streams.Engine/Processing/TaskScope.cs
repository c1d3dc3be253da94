using Confluent.Kafka;

using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Tasks;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.Engine.Processing;

/// <summary>
/// What the operators of one task share: the record being processed, stream time, where to send, and the operators that want to hear of commits. Made
/// anew whenever the task drops uncommitted work, together with its operators.
/// </summary>
internal sealed class TaskScope(int partition, IRecordCollector output, TimeProvider clock)
{
    private readonly Dictionary<object, object> _built = new(ReferenceEqualityComparer.Instance);

    public int Partition { get; } = partition;

    public IRecordCollector Output { get; } = output;

    public TimeProvider Clock { get; } = clock;

    public List<ICommitListener> CommitListeners { get; } = [];

    /// <summary>The combine operator, once built; null when the stream of this task does not lead to an aggregate.</summary>
    public ICombiner? Combiner { get; set; }

    public long Offset { get; set; }

    public long RecordTimestampMs { get; set; }

    /// <summary>S_p, this record included.</summary>
    public long StreamTimeMs { get; set; } = CombineTask.NoStreamTime;

    /// <summary>How far the window task is, with all its final rows sent.</summary>
    public WindowProgress? Progress { get; set; }

    /// <summary>S_p stands where a raise has put it; no record has moved it since.</summary>
    public bool IsRaised { get; set; }

    /// <summary>Set by the combine operator when the record counts in no window any more.</summary>
    public long? LatenessMs { get; set; }

    /// <summary>One operator a task for each point of the topology, however many streams lead there.</summary>
    public T Once<T>(object definition, Func<T> build)
        where T : class
    {
        if (_built.TryGetValue(definition, out var found))
        {
            return (T)found;
        }

        var made = build();
        _built.Add(definition, made);
        return made;
    }

    /// <summary>Set by the combine operator when no calendar has the windows that the record lies in.</summary>
    public RecordRejection? Rejection { get; set; }

    public void Send(string topic, byte[]? key, byte[]? value, Headers? headers = null) => Output.Send(topic, null, key, value, headers);
}

/// <summary>An operator that takes part in commits.</summary>
internal interface ICommitListener
{
    bool Due(DateTimeOffset wallClock);

    void BeforeCommit(DateTimeOffset wallClock);

    void BeforeClose();
}
