using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>What the runtime logs. Event ids are stable: 11xx the life of the engine, 2xxx rebalances, restores and transactions.</summary>
internal static partial class Log
{
    [LoggerMessage(1101, LogLevel.Information, "{Application} goes from {From} to {To}")]
    public static partial void StateChanged(ILogger log, string application, StreamsState from, StreamsState to);

    [LoggerMessage(1102, LogLevel.Information, "{Application} starts in {Folder} as worker {Id}: {Inputs} input partitions, {Repartitions} repartition partitions, epoch {Epoch}, fingerprint {Fingerprint:x16}")]
    public static partial void Starting(ILogger log, string application, string folder, string id, int inputs, int repartitions, int epoch, ulong fingerprint);

    [LoggerMessage(1103, LogLevel.Information, "Created topic {Topic} with {Partitions} partitions")]
    public static partial void TopicCreated(ILogger log, string topic, int partitions);

    [LoggerMessage(1104, LogLevel.Critical, "Thread {Thread} stopped: {Reason}")]
    public static partial void ThreadFaulted(ILogger log, string thread, string reason, Exception fault);

    [LoggerMessage(1105, LogLevel.Debug, "Thread {Thread} ended")]
    public static partial void ThreadEnded(ILogger log, string thread);

    [LoggerMessage(1106, LogLevel.Warning, "The stop's time is used up; what is not committed is aborted")]
    public static partial void StopTimedOut(ILogger log);

    [LoggerMessage(1107, LogLevel.Warning, "Thread {Thread} could not leave its group in good order: {Reason}")]
    public static partial void CloseFailed(ILogger log, string thread, string reason);

    [LoggerMessage(1108, LogLevel.Warning, "{Application} cannot start yet: Kafka at {Servers} does not answer ({Reason}). Trying again in {Seconds:0.0} s")]
    public static partial void WaitsForKafka(ILogger log, string application, string servers, string reason, double seconds);

    [LoggerMessage(1120, LogLevel.Debug, "Kafka client {Client}: {Code} {Reason}")]
    public static partial void ClientError(ILogger log, string client, ErrorCode code, string reason);

    [LoggerMessage(1121, LogLevel.Warning, "librdkafka {Name} [{Facility}] {Message}")]
    public static partial void ClientWarning(ILogger log, string name, string facility, string message);

    [LoggerMessage(1122, LogLevel.Debug, "librdkafka {Name} [{Facility}] {Message}")]
    public static partial void ClientMessage(ILogger log, string name, string facility, string message);

    [LoggerMessage(2001, LogLevel.Information, "{Thread} was assigned {Partitions}")]
    public static partial void Assigned(ILogger log, string thread, string partitions);

    [LoggerMessage(2002, LogLevel.Information, "{Thread} gave up {Partitions}")]
    public static partial void Revoked(ILogger log, string thread, string partitions);

    [LoggerMessage(2003, LogLevel.Warning, "{Thread} lost {Partitions}: it was away for too long; what was not committed is dropped")]
    public static partial void Lost(ILogger log, string thread, string partitions);

    [LoggerMessage(2004, LogLevel.Information, "{Thread} continues {Partition} at offset {Offset}")]
    public static partial void Continues(ILogger log, string thread, TopicPartition partition, long offset);

    [LoggerMessage(2005, LogLevel.Information, "{Thread} restores {Partition} from changelog offset {From} to {To}")]
    public static partial void Restoring(ILogger log, string thread, TopicPartition partition, long from, long to);

    [LoggerMessage(2006, LogLevel.Information, "{Thread} restored {Partition}: {Records} records")]
    public static partial void Restored(ILogger log, string thread, TopicPartition partition, long records);

    [LoggerMessage(2007, LogLevel.Warning, "The local store of {Partition} is deleted and restored from its changelog: {Reason}")]
    public static partial void StoreDiscarded(ILogger log, TopicPartition partition, string reason);

    [LoggerMessage(2010, LogLevel.Warning, "{Thread} cannot load its committed offsets yet: {Reason}")]
    public static partial void LoadFailed(ILogger log, string thread, string reason);

    [LoggerMessage(2011, LogLevel.Warning, "{Thread} goes back to its committed offsets")]
    public static partial void GoingBack(ILogger log, string thread);

    [LoggerMessage(2012, LogLevel.Warning, "{Thread} takes a new producer, which settles the open transaction")]
    public static partial void NewProducer(ILogger log, string thread);

    [LoggerMessage(2013, LogLevel.Warning, "{Thread}: {Code} {Reason}")]
    public static partial void ConsumeProblem(ILogger log, string thread, ErrorCode code, string reason);

    [LoggerMessage(2020, LogLevel.Warning, "The commit is abandoned: this consumer is no member of its group any more")]
    public static partial void NoMember(ILogger log);

    [LoggerMessage(2021, LogLevel.Warning, "The transaction must be aborted: {Code} {Reason}")]
    public static partial void CommitRefused(ILogger log, ErrorCode code, string reason);

    [LoggerMessage(2022, LogLevel.Warning, "The transaction failed: {Code} {Reason}")]
    public static partial void CommitFailed(ILogger log, ErrorCode code, string reason);

    [LoggerMessage(2023, LogLevel.Warning, "Not everything that was sent was acknowledged in time")]
    public static partial void FlushTimedOut(ILogger log);

    [LoggerMessage(2024, LogLevel.Warning, "A record for {Topic} was not delivered: {Code} {Reason}")]
    public static partial void DeliveryFailed(ILogger log, string topic, ErrorCode code, string reason);

    [LoggerMessage(2025, LogLevel.Warning, "The abort is not confirmed yet: {Code} {Reason}")]
    public static partial void AbortPending(ILogger log, ErrorCode code, string reason);

    [LoggerMessage(2026, LogLevel.Warning, "The producer is not ready yet: {Code} {Reason}")]
    public static partial void ProducerNotReady(ILogger log, ErrorCode code, string reason);

    [LoggerMessage(2027, LogLevel.Warning, "The producer does not return from a call; it is given up")]
    public static partial void ProducerHangs(ILogger log);

    [LoggerMessage(2030, LogLevel.Information, "{Partition} is silent: its stream time is raised to {StreamTime:O} at offset {Offset}")]
    public static partial void Raised(ILogger log, TopicPartition partition, DateTimeOffset streamTime, long offset);

    [LoggerMessage(2031, LogLevel.Warning, "Whether silent partitions were read to their end could not be found out: {Reason}")]
    public static partial void SilenceUnknown(ILogger log, string reason);

    [LoggerMessage(2040, LogLevel.Debug, "Purged {Topic} below the committed offsets")]
    public static partial void Purged(ILogger log, string topic);

    [LoggerMessage(2041, LogLevel.Debug, "{Topic} was not purged: {Reason}")]
    public static partial void PurgeFailed(ILogger log, string topic, string reason);
}
