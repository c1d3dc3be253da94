namespace SmartCity.Streams.Sinks.Lake;

/// <summary>What the lake sinks log: events 4100–4199.</summary>
internal static partial class LakeLog
{
    [LoggerMessage(4100, LogLevel.Information, "Made the lake: {Store}")]
    public static partial void Made(ILogger logger, string store);

    [LoggerMessage(4101, LogLevel.Information, "Sink {Sink} finishes the batch of {Partition} from {First} to {End} that was cut before")]
    public static partial void Repeats(ILogger logger, string sink, string partition, long first, long end);

    [LoggerMessage(4102, LogLevel.Debug, "Sink {Sink} wrote {Partition} from {First} to {End}: {Rows} rows")]
    public static partial void Wrote(ILogger logger, string sink, string partition, long first, long end, int rows);

    [LoggerMessage(4103, LogLevel.Information, "Made topic {Topic} with {Partitions} partitions, which the lake's sinks keep their cuts in")]
    public static partial void MadePlan(ILogger logger, string topic, int partitions);

    [LoggerMessage(4104, LogLevel.Warning, "Sink {Sink} passed over {Partition} offset {Offset}, which is no aggregate row: {Reason}")]
    public static partial void NotARow(ILogger logger, string sink, string partition, long offset, string reason);
}
