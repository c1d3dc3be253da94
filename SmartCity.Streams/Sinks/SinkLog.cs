namespace SmartCity.Streams.Sinks;

/// <summary>What sinks log: events 4000–4099.</summary>
internal static partial class SinkLog
{
    [LoggerMessage(4000, LogLevel.Information, "Sink {Sink} reads {Topics} as group {Group}")]
    public static partial void Started(ILogger logger, string sink, string topics, string group);

    [LoggerMessage(4001, LogLevel.Information, "Sink {Sink} stopped{How}")]
    public static partial void Stopped(ILogger logger, string sink, string how);

    [LoggerMessage(4002, LogLevel.Information, "Sink {Sink} has been given {Count} partitions: {Partitions}")]
    public static partial void Assigned(ILogger logger, string sink, int count, string partitions);

    [LoggerMessage(4003, LogLevel.Information, "Sink {Sink} gave up {Count} partitions: {Partitions}")]
    public static partial void Revoked(ILogger logger, string sink, int count, string partitions);

    [LoggerMessage(4004, LogLevel.Warning, "Sink {Sink} lost {Count} partitions: {Partitions}")]
    public static partial void Lost(ILogger logger, string sink, int count, string partitions);

    [LoggerMessage(4005, LogLevel.Information, "Sink {Sink} goes on in {Partition} at offset {Offset}")]
    public static partial void Opened(ILogger logger, string sink, string partition, long offset);

    [LoggerMessage(4010, LogLevel.Warning, "Sink {Sink} failed, attempt {Attempt}; it tries again in {Delay}: {Reason}")]
    public static partial void Retrying(ILogger logger, Exception? error, string sink, int attempt, TimeSpan delay, string reason);

    [LoggerMessage(4011, LogLevel.Information, "Sink {Sink} works again after {Attempts} failed attempts")]
    public static partial void Recovered(ILogger logger, string sink, int attempts);

    [LoggerMessage(4012, LogLevel.Error, "Sink {Sink} stopped and needs a person: {Reason}")]
    public static partial void Failed(ILogger logger, Exception error, string sink, string reason);

    [LoggerMessage(4013, LogLevel.Warning, "Sink {Sink} could not finish before the stop; it goes on from where it was at the next start")]
    public static partial void Unfinished(ILogger logger, string sink);

    [LoggerMessage(4014, LogLevel.Error, "Sink {Sink}: offsets {From} to {To} of {Partition} were deleted by retention before it read them")]
    public static partial void Missed(ILogger logger, string sink, string partition, long from, long to);

    [LoggerMessage(4015, LogLevel.Warning, "Sink {Sink}: Kafka: {Reason}")]
    public static partial void KafkaError(ILogger logger, string sink, string reason);

    [LoggerMessage(4016, LogLevel.Error, "Sink {Sink}: its consumer failed and is made anew")]
    public static partial void ConsumerFailed(ILogger logger, Exception error, string sink);

    [LoggerMessage(4017, LogLevel.Error, "Sink {Sink}: a rebalance handler failed")]
    public static partial void HandlerFailed(ILogger logger, Exception error, string sink);
}
