using Confluent.Kafka;

namespace SmartCity.Streams.Engine.Tasks;

/// <summary>
/// Takes what a task sends, into the running transaction. A failed delivery surfaces when the runtime flushes before it commits, never here; the
/// record timestamp is the wall clock, set by the producer.
/// </summary>
internal interface IRecordCollector
{
    /// <summary>Sends a record; without a partition the murmur2 hash of the key decides, as in Java clients.</summary>
    void Send(string topic, int? partition, byte[]? key, byte[]? value, Headers? headers = null);

    /// <summary>The header of the trace that what is committed now belongs to; null for none.</summary>
    Headers? Trace => null;

    /// <summary>As <see cref="Send"/>, for the last record of a changelog partition in a transaction: the offset it comes to lie at is noted.</summary>
    void SendLast(string topic, int partition, byte[]? key, byte[]? value) => Send(topic, partition, key, value);
}
