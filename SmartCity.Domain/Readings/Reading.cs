namespace SmartCity.Domain.Readings;

/// <summary>
/// One valid reading of one sensor. Names are the producer's own text, unchanged. <see cref="TimestampMs"/> is event time: when the sensor measured,
/// in whole milliseconds since 1970-01-01T00:00:00Z, rounded down (so it may be negative).
/// </summary>
public readonly record struct Reading(
    SensorType Type,
    string SensorId,
    string City,
    string District,
    long TimestampMs,
    double Latitude,
    double Longitude,
    MetricValues Metrics)
{
    /// <summary>True when the reading says where it was taken; otherwise latitude and longitude are NaN.</summary>
    public bool HasLocation => !double.IsNaN(Latitude);

    /// <summary>Event time.</summary>
    public DateTimeOffset Timestamp => DateTimeOffset.FromUnixTimeMilliseconds(TimestampMs);
}
