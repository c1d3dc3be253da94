using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Sinks.Database;

/// <summary>Makes rows as the stream would send them.</summary>
internal static class Rows
{
    public const long Start = 1_768_485_600_000; // 2026-01-15T14:00:00Z
    public const long Minute = 60_000;

    /// <summary>A row whose figures all derive from <paramref name="revision"/>, so that a test sees which version of it is there.</summary>
    public static AggregateRow Of(
        long revision, string city = "Warsaw", string district = "", long start = Start, SensorType type = SensorType.AirQuality, int epoch = 0, bool isFinal = false,
        long? watermark = null)
        => new()
        {
            Group = new GroupKey(type, city, district),
            WindowStartMs = start,
            WindowEndMs = start + (5 * Minute),
            ReadingCount = revision + 1,
            IsFinal = isFinal,
            Epoch = epoch,
            Revision = revision,
            WatermarkMs = watermark,
            ProcessingTimeMs = start + revision,
            Metrics = [.. SensorTypes.Of(type).Metrics.Select((metric, index) => Summary(metric, index, revision))],
        };

    public static SensorStatus Status(string sensor, long timestamp, double pm25, string city = "Warsaw", bool hasLocation = true, long? interval = null)
    {
        var metrics = new MetricValues();
        metrics.Set(0, pm25);
        var (latitude, longitude) = hasLocation ? (52.2297, 21.0122) : (double.NaN, double.NaN);
        return new SensorStatus(new Reading(SensorType.AirQuality, sensor, city, "Wola", timestamp, latitude, longitude, metrics), interval);
    }

    private static MetricSummary Summary(MetricDefinition metric, int index, long revision)
    {
        double value = revision + (index / 10.0);
        return index == 1
            ? new MetricSummary(0, null, null, null, null, null, null, null, null)
            : metric.Kind == MetricKind.Circular
                ? new MetricSummary(revision + 1, null, value, null, null, null, 0.5, value, value)
                : new MetricSummary(revision + 1, (decimal)value * 2, value, value - 1, value + 1, 0.25, null, value, value);
    }
}
