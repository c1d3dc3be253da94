namespace SmartCity.Streams.Engine;

/// <summary>What is promised when a worker dies.</summary>
public enum ProcessingGuarantee
{
    /// <summary>Input offsets, state and output move in one Kafka transaction: nothing is lost, nothing counted twice (Kafka Streams' <c>exactly_once_v2</c>, KIP-447).</summary>
    ExactlyOnce,

    /// <summary>Nothing is lost; after a crash some readings may count twice. For brokers without transactions.</summary>
    AtLeastOnce,
}

/// <summary>Which sub-topologies a worker runs.</summary>
[Flags]
public enum StreamsRoles
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>Sub-topology 0: sources, stateless operators, combine.</summary>
    Combine = 1,

    /// <summary>Sub-topology 1: windows.</summary>
    Windows = 2,

    /// <summary>Both (default).</summary>
    All = Combine | Windows,
}

/// <summary>How a topology is run on Kafka. Every duration has the default of the design; only the application id and the client settings are required.</summary>
public sealed record StreamsConfig
{
    /// <summary>Names the application: consumer groups, transactional ids and internal topics start with it.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>librdkafka client properties for every client (<c>bootstrap.servers</c>, <c>security.protocol</c>, …).</summary>
    public required IReadOnlyDictionary<string, string> Client { get; init; }

    /// <summary>Where window stores are kept; a worker takes the first free instance folder in it.</summary>
    public string StateDirectory { get; init; } = Path.Combine(Path.GetTempPath(), "smartcity-streams");

    /// <summary>Threads for each sub-topology. Default 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Which sub-topologies this worker runs.</summary>
    public StreamsRoles Roles { get; init; } = StreamsRoles.All;

    /// <summary>What is promised when a worker dies.</summary>
    public ProcessingGuarantee Guarantee { get; init; } = ProcessingGuarantee.ExactlyOnce;

    /// <summary>R, the partitions of the repartition topic where this worker creates it. Default 4.</summary>
    public int RepartitionPartitions { get; init; } = 4;

    /// <summary>The replication factor of topics this worker creates; -1 (default) leaves it to the broker.</summary>
    public short ReplicationFactor { get; init; } = -1;

    /// <summary>The time between commits at rest; it grows under load. Default 200 ms.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest time between commits under load. Default 2 s.</summary>
    public TimeSpan MaxCommitInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// At most one row of an open window in this time. Default 200 ms. A task that would send more than 3,000 of them a second waits longer, and five times as long while it
    /// drains a backlog.
    /// </summary>
    public TimeSpan EmitInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a partition that was read to its end must be silent before its stream time is raised. Default 30 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>At most one raise of a partition in this time. Default one minute.</summary>
    public TimeSpan RaiseInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A transaction open for longer is aborted by the broker. Default 10 s.</summary>
    public TimeSpan TransactionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A worker silent for longer loses its partitions. Default 10 s.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The prefix of every metric's name. Default <c>streams</c>.</summary>
    public string MetricPrefix { get; init; } = "streams";

    /// <summary>Where time comes from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
