namespace SmartCity.Streams.Sinks;

/// <summary>What a sink is doing.</summary>
internal enum SinkState
{
    /// <summary>Not started, or looking for its group.</summary>
    Starting,

    /// <summary>Reading and writing.</summary>
    Running,

    /// <summary>Something fails and is tried again.</summary>
    Retrying,

    /// <summary>Stopped by a fault that only a person can put right.</summary>
    Failed,

    /// <summary>Stopped cleanly.</summary>
    Stopped,
}

/// <summary>How a sink stands, for <c>/health</c> and <c>/pipeline</c>.</summary>
/// <param name="Name">The sink's name.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Delay">The age of the oldest record not yet safe; zero when all that was published is.</param>
/// <param name="Rows">Rows made safe since the start.</param>
/// <param name="Retries">Failed attempts since the start.</param>
/// <param name="LastError">The last failure's message; null when there was none.</param>
/// <param name="LastErrorAt">When that was.</param>
/// <param name="Partitions">The partitions it has.</param>
internal sealed record SinkStatus(
    string Name, SinkState State, TimeSpan Delay, long Rows, long Retries, string? LastError, DateTimeOffset? LastErrorAt, IReadOnlyList<SinkPartitionStatus> Partitions);

/// <summary>How a sink stands in one partition.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Position">The next offset to read.</param>
/// <param name="Safe">Every offset before this one is safe in the sink.</param>
/// <param name="End">The end of the log as last heard; null when unknown.</param>
internal sealed record SinkPartitionStatus(string Topic, int Partition, long Position, long Safe, long? End);
