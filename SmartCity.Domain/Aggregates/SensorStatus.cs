using System.Buffers;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>
/// The latest reading of one sensor, as kept in <see cref="Topics.SensorStatus"/>. JSON: the reading's own shape with only the known metrics as plain
/// numbers, plus <c>"interval_ms"</c>, the smoothed time between its readings (null after the first).
/// </summary>
public sealed record SensorStatus(Reading Latest, long? IntervalMs)
{
    /// <summary>Writes the JSON form.</summary>
    public void WriteJson(IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>Reads the JSON form; throws <see cref="FormatException"/> naming what is wrong.</summary>
    public static SensorStatus ParseJson(ReadOnlySpan<byte> json) => throw new NotImplementedException();
}
