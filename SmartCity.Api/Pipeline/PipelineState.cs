using Confluent.Kafka;

using SmartCity.Domain;

namespace SmartCity.Api.Pipeline;

/// <summary>How the stream stands. What could not be found out is null.</summary>
internal sealed record PipelineState(
    DateTime Time, bool Kafka, bool Database, IReadOnlyList<InputPartition> Inputs, IReadOnlyList<SinkPlace> Sinks, IReadOnlyList<WorkerReport> Workers)
{
    /// <summary>The watermark: the smallest stream time of all partitions; null while one of them has none.</summary>
    public DateTime? Watermark => Inputs.Count > 0 && Inputs.All(input => input.StreamTime is not null) ? Inputs.Min(input => input.StreamTime) : null;
}

/// <summary>A partition of the readings' topic, and how far the stream has come in it.</summary>
internal sealed record InputPartition(int Partition, long Start, long End, long? Position, DateTime? StreamTime, DateTime? LastRecordAt, bool IsIdle)
{
    public long? Lag => Position is { } position ? Math.Max(0, End - Math.Max(position, Start)) : null;
}

/// <summary>How far a sink has come.</summary>
internal sealed record SinkPlace(string Name, IReadOnlyList<SinkPartitionPlace> Partitions);

/// <summary>How far a sink has come in a partition; <see cref="WaitingSince"/> is the time of the first record that it has not written, null when none waits or it is not known.</summary>
internal sealed record SinkPartitionPlace(TopicPartition Partition, long End, long? Position, DateTime? WaitingSince, bool WaitingIsKnown)
{
    /// <summary>Records and, behind the last record, the marks of transactions: those are no work.</summary>
    public long? Lag => WaitingSince is null && WaitingIsKnown ? 0 : End - Position;
}
