using System.Buffers;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>
/// One row of <see cref="Topics.Aggregates"/>: a window of a group as it stood at a revision. (Epoch, Revision) orders the rows of one window; a final
/// row is never changed again.
/// </summary>
/// <remarks>
/// JSON, snake_case: <c>{"sensor_type":"air_quality","city":"Warsaw","district":"","window_start":"2026-01-15T14:00:00Z","window_end":"2026-01-15T14:05:00Z",
/// "reading_count":58,"is_final":true,"epoch":0,"revision":7,"watermark":"2026-01-15T14:15:00.000Z","processing_time":"2026-01-15T14:15:01.123Z",
/// "metrics":{"pm25":{"count":57,"sum":1048.8,"avg":18.4,"min":9.1,"max":31.2,"stddev":4.7,"first":18.1,"last":18.9},
/// "wind_direction":{"count":57,"avg":181.2,"consistency":0.93,"first":170,"last":190}}}</c>. Metrics without values are left out. Watermark is null
/// while some partition has none.
/// </remarks>
public sealed record AggregateRow
{
    /// <summary>The group.</summary>
    public required GroupKey Group { get; init; }

    /// <summary>The window's start (included), ms since the Unix epoch.</summary>
    public required long WindowStartMs { get; init; }

    /// <summary>The window's end (excluded), ms since the Unix epoch.</summary>
    public required long WindowEndMs { get; init; }

    /// <summary>The readings counted.</summary>
    public required long ReadingCount { get; init; }

    /// <summary>True once the watermark has passed the window's end + grace.</summary>
    public required bool IsFinal { get; init; }

    /// <summary>Raised by the reset tool, so that a reprocessing's rows win.</summary>
    public required int Epoch { get; init; }

    /// <summary>Orders the rows of one window within an epoch.</summary>
    public required long Revision { get; init; }

    /// <summary>The watermark when the row was emitted, ms; null while unknown.</summary>
    public required long? WatermarkMs { get; init; }

    /// <summary>Wall-clock time of emission, ms.</summary>
    public required long ProcessingTimeMs { get; init; }

    /// <summary>The figures by metric index of the type's definition.</summary>
    public required IReadOnlyList<MetricSummary> Metrics { get; init; }

    /// <summary>The record key: <c>type|city|district|window_start</c> with <c>|</c> and <c>%</c> in names percent-escaped, window_start as RFC 3339 UTC.</summary>
    public string Key => string.Join('|', SensorTypes.Of(Group.Type).Name, Escape(Group.City), Escape(Group.District), Rfc3339.Format(WindowStartMs));

    /// <summary>Takes the figures out of an aggregate. Throws <see cref="ArgumentException"/> when it is of another type than the group.</summary>
    public static AggregateRow From(
        GroupKey group, long windowStartMs, long windowEndMs, CityAggregate aggregate, bool isFinal, int epoch, long revision, long? watermarkMs, long processingTimeMs)
        => From(group, windowStartMs, windowEndMs, aggregate, isFinal, epoch, revision, watermarkMs, processingTimeMs, new MetricSummary[SensorTypes.Of(group.Type).Metrics.Count]);

    /// <summary>As the other, with the figures in <paramref name="metrics"/>, which has one place for each metric of the type: the row is good until they are used again.</summary>
    public static AggregateRow From(
        GroupKey group, long windowStartMs, long windowEndMs, CityAggregate aggregate, bool isFinal, int epoch, long revision, long? watermarkMs, long processingTimeMs, MetricSummary[] metrics)
    {
        if (aggregate.ReadingCount > 0 && aggregate.Type != group.Type)
        {
            throw new ArgumentException($"An aggregate of {aggregate.Type} cannot be a row of {group.Type}.", nameof(aggregate));
        }

        for (var i = 0; i < metrics.Length; i++)
        {
            metrics[i] = aggregate.Summarize(i);
        }

        return new AggregateRow
        {
            Group = group,
            WindowStartMs = windowStartMs,
            WindowEndMs = windowEndMs,
            ReadingCount = aggregate.ReadingCount,
            IsFinal = isFinal,
            Epoch = epoch,
            Revision = revision,
            WatermarkMs = watermarkMs,
            ProcessingTimeMs = processingTimeMs,
            Metrics = metrics,
        };
    }

    /// <summary>Writes the JSON form.</summary>
    public void WriteJson(IBufferWriter<byte> output) => AggregateRowWriter.Write(this, output);

    /// <summary>Reads the JSON form; throws <see cref="FormatException"/> naming what is wrong. Members it does not know are passed over.</summary>
    public static AggregateRow ParseJson(ReadOnlySpan<byte> json) => AggregateRowReader.Parse(json);

    private static string Escape(string name) => name.Replace("%", "%25", StringComparison.Ordinal).Replace("|", "%7C", StringComparison.Ordinal);
}
