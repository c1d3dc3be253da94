namespace SmartCity.Api.Configuration;

/// <summary>What the API must know of the worker's stream to find its place in Kafka: the names of its consumer groups and topics derive from the application's.</summary>
/// <param name="ApplicationId"><c>Streams:ApplicationId</c>.</param>
/// <param name="IdleTimeout"><c>Streams:IdleTimeout</c>: a partition that nothing has come to for longer is idle.</param>
internal sealed record StreamNames(string ApplicationId, TimeSpan IdleTimeout)
{
    public const string DefaultApplicationId = "smart-city";

    /// <summary>The engine keeps the stream time of an input partition as the committed offset of this topic, in milliseconds since the year 1.</summary>
    private const long YearOneShiftMs = 62_135_596_800_000;

    /// <summary>What it adds while stream time stands where a raise has put it.</summary>
    private const long RaisedFlag = 1L << 60;

    /// <summary>The group that reads the readings.</summary>
    public string CombineGroup => ApplicationId;

    /// <summary>The empty topic whose committed offsets are stream times.</summary>
    public string StreamTimeTopic => ApplicationId + "-stream-time";

    /// <summary>The group of a sink.</summary>
    public string SinkGroup(string sink) => $"{ApplicationId}-{sink}";

    /// <summary>Stream time from the offset that was committed for it; null when there is none yet.</summary>
    public static DateTime? StreamTime(long? offset) => offset is null or 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds((offset.Value & ~RaisedFlag) - YearOneShiftMs).UtcDateTime;
}
