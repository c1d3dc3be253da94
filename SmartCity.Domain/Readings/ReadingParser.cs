namespace SmartCity.Domain.Readings;

/// <summary>What was wrong with a reading: the reason, the JSON path of the field at fault (empty for the whole), and a sentence for people.</summary>
public readonly record struct Rejection(RejectReason Reason, string Field, string Detail);

/// <summary>How strictly readings are read.</summary>
public sealed record ReadingRules
{
    /// <summary>How far event time may be ahead of the record timestamp. Default five minutes.</summary>
    public TimeSpan FutureTolerance { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>True to read a timestamp without an offset as UTC (<c>Readings:TimestampsWithoutOffset=Utc</c>); false (default) to reject it.</summary>
    public bool TimestampsWithoutOffsetAreUtc { get; init; }
}

/// <summary>
/// Reads and validates one reading from UTF-8 JSON. Not thread-safe: one instance a task, since it keeps the names it has seen so that a
/// known name costs no allocation.
/// </summary>
public sealed class ReadingParser(ReadingRules rules)
{
    /// <summary>The largest reading accepted, in bytes: Kafka's own default limit for a message.</summary>
    public const int MaxBytes = 1_048_576;

    /// <summary>The rules this parser applies.</summary>
    public ReadingRules Rules { get; } = rules;

    /// <summary>
    /// Reads one reading. <paramref name="recordTimestampMs"/> is the Kafka record's timestamp (or the time of receipt at an ingest endpoint), against
    /// which event times ahead of their time are judged.
    /// </summary>
    public bool TryParse(ReadOnlySpan<byte> json, long recordTimestampMs, out Reading reading, out Rejection rejection) => throw new NotImplementedException();
}
