namespace SmartCity.Streams.Sinks;

/// <summary>How a sink's consumer runs.</summary>
internal sealed record SinkOptions
{
    /// <summary>The consumer group is <c>APPLICATIONID-NAME</c>, with the sink's name.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>librdkafka properties for the consumer (<c>bootstrap.servers</c>, <c>security.protocol</c>, …).</summary>
    public required IReadOnlyDictionary<string, string> Client { get; init; }

    /// <summary>A worker silent for longer loses its partitions. Default 10 s.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Work that takes longer has the partitions paused, so that polling goes on; shorter work spares the fetched records. Default 500 ms.</summary>
    public TimeSpan PauseAfter { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a rebalance waits for work on partitions that go to others. Default 3 s.</summary>
    public TimeSpan RevokeTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a clean stop may take to make safe what is held. Default 7 s.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(7);

    /// <summary>The first pause before a failed work is tried again. Default 200 ms.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause. Default 15 s.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromSeconds(15);
}
