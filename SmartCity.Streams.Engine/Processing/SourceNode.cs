using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Processing;

/// <summary>The head of a combine task: decides whether a record is valid, moves stream time, and pushes it into the operators.</summary>
internal abstract class SourceNode
{
    /// <summary>Returns false with the rejection when the record is no input.</summary>
    public abstract bool TryProcess(in RawRecord record, out RecordRejection rejection);
}

internal sealed class SourceNode<TKey, TValue>(TaskScope scope, IRecordParser<TKey, TValue> parser, Node<TKey, TValue> next) : SourceNode
{
    public override bool TryProcess(in RawRecord record, out RecordRejection rejection)
    {
        if (!parser.TryParse(record, out var key, out var value, out var eventTimeMs, out rejection))
        {
            return false;
        }

        // Capped by the record timestamp: one clock that runs ahead must not close windows for everybody else.
        var time = Math.Min(eventTimeMs, record.TimestampMs);
        if (time >= scope.StreamTimeMs)
        {
            (scope.StreamTimeMs, scope.IsRaised) = (time, false);
        }

        next.Process(new Record<TKey, TValue>(key, value, eventTimeMs));
        return true;
    }
}
