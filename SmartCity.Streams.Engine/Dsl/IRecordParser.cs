using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Dsl;

/// <summary>Why a record is no input: a short stable code for headers and metrics, and a sentence for people.</summary>
/// <param name="Reason">A code from a small fixed list; it becomes a metric's label.</param>
/// <param name="Detail">What is wrong, for people; it goes into a header of the dead letter.</param>
public readonly record struct RecordRejection(string Reason, string Detail);

/// <summary>
/// Turns a raw record into a key, a value and its event time. One instance a task, so it may keep buffers and caches. It must decide by the record alone
/// (never by the wall clock), so that a replay decides alike, and must not throw.
/// </summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TValue">The type of the value.</typeparam>
public interface IRecordParser<TKey, TValue>
{
    /// <summary>Reads a record; false when it is rejected.</summary>
    bool TryParse(in RawRecord record, out TKey key, out TValue value, out long eventTimeMs, out RecordRejection rejection);
}
