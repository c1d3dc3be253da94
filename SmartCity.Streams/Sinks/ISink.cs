using Confluent.Kafka;

namespace SmartCity.Streams.Sinks;

/// <summary>
/// Keeps the records of some topics somewhere outside Kafka. A <see cref="SinkConsumer"/> drives it: it reads the topics in a consumer group of the
/// sink's own, hands over one record at a time, and runs the sink's slow work with retries for as long as an outage lasts, polling Kafka all the while.
/// </summary>
/// <remarks>
/// Calls never overlap: while <see cref="OpenAsync"/> or a <see cref="SinkWork"/> is under way, the sink is given no records and asked nothing else. So a
/// sink needs no locks. <see cref="Take"/>, <see cref="Due"/> and <see cref="Close"/> run on the polling thread and must not block.
/// </remarks>
internal interface ISink
{
    /// <summary>A short name for logs, metrics and health, e.g. <c>postgres</c>; also the end of the consumer group's name.</summary>
    string Name { get; }

    /// <summary>The topics it reads.</summary>
    IReadOnlyList<string> Topics { get; }

    /// <summary>True when records are to come with their headers.</summary>
    bool NeedsHeaders => false;

    /// <summary>
    /// Says where each newly assigned partition starts: an offset, or <see cref="Offset.Beginning"/>. Repeated with backoff for as long as it throws; the partitions
    /// are paused meanwhile. Throw <see cref="SinkFaultException"/> for what only a person can put right.
    /// </summary>
    Task<IReadOnlyList<TopicPartitionOffset>> OpenAsync(IReadOnlyList<TopicPartition> partitions, ISinkGroup group, CancellationToken cancellationToken);

    /// <summary>Takes one record. Its value is valid during the call only.</summary>
    SinkTake Take(in SinkRecord record);

    /// <summary>
    /// The work that is to be done now, or null. Asked about every 50 ms, at once when <see cref="Take"/> says so, and with <paramref name="everything"/> true at a
    /// clean stop, where all that is held should be made safe.
    /// </summary>
    SinkWork? Due(bool everything);

    /// <summary>True for a failure that is an outage of where the sink writes, so that its message says all and no stack trace is logged.</summary>
    bool IsOutage(Exception error) => false;

    /// <summary>The partitions now belong to others (or to nobody): forget what is held of them.</summary>
    void Close(IReadOnlyList<TopicPartition> partitions);
}

/// <summary>What a sink says to a record.</summary>
internal enum SinkTake
{
    /// <summary>Taken; go on.</summary>
    Taken,

    /// <summary>Taken, and there is enough for work now.</summary>
    TakenAndFull,

    /// <summary>Not taken: what is held must be made safe first. The record is offered again after the next work.</summary>
    Refused,
}

/// <summary>A Kafka record as a sink sees it.</summary>
internal readonly ref struct SinkRecord
{
    /// <summary>Where it stands.</summary>
    public required TopicPartition Partition { get; init; }

    /// <summary>Its headers; null for a sink that needs none.</summary>
    public Headers? Headers { get; init; }

    /// <summary>Its offset.</summary>
    public required long Offset { get; init; }

    /// <summary>Its record timestamp, ms since the Unix epoch.</summary>
    public required long TimestampMs { get; init; }

    /// <summary>Its value, in the consumer's buffer; empty for a tombstone.</summary>
    public required ReadOnlySpan<byte> Value { get; init; }

    /// <summary>True when it has no value at all.</summary>
    public required bool IsTombstone { get; init; }
}

/// <summary>Slow work of a sink: makes safe what it holds.</summary>
/// <param name="Partitions">The partitions concerned: of these, everything that was taken is safe afterwards.</param>
/// <param name="RunAsync">Does it. Called again after a failure, so it must be able to go on where it stopped.</param>
internal sealed record SinkWork(IReadOnlyList<TopicPartition> Partitions, Func<CancellationToken, Task<SinkOutcome>> RunAsync);

/// <summary>What came of it.</summary>
/// <param name="Rows">The rows made safe.</param>
/// <param name="GoOnFrom">Where reading goes on, for partitions where that is not simply after the last record taken.</param>
internal sealed record SinkOutcome(long Rows, IReadOnlyList<TopicPartitionOffset>? GoOnFrom = null);

/// <summary>The consumer group of a sink, as far as the sink needs it. Usable during <see cref="ISink.OpenAsync"/> and works alike.</summary>
internal interface ISinkGroup
{
    /// <summary>The offsets committed in this group, in the order asked for; null where none is. Partitions need not be assigned.</summary>
    Task<IReadOnlyList<long?>> CommittedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken cancellationToken);

    /// <summary>The first offset of a partition still in its log, and the one after the last readable.</summary>
    Task<WatermarkOffsets> WatermarksAsync(TopicPartition partition, CancellationToken cancellationToken);

    /// <summary>
    /// Commits in one request. Throws <see cref="KafkaException"/> when the group does not take it, and <see cref="OperationCanceledException"/> when <paramref name="on"/>, a partition on whose behalf this is done, is not ours any more:
    /// then nothing was committed, and a commit once sent has ended before the partition goes to another.
    /// </summary>
    Task CommitAsync(TopicPartition on, IReadOnlyList<TopicPartitionOffset> offsets, CancellationToken cancellationToken);
}

/// <summary>Something only a person can put right: the sink stops, and says so in health.</summary>
internal sealed class SinkFaultException : Exception
{
    public SinkFaultException()
    {
    }

    public SinkFaultException(string message)
        : base(message)
    {
    }

    public SinkFaultException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
