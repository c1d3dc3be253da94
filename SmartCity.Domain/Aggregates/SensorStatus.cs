using System.Buffers;
using System.Text.Json;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>
/// The latest reading of one sensor, as kept in <see cref="Topics.SensorStatus"/>. JSON: the reading's own shape with only the known metrics as plain
/// numbers, plus <c>"interval_ms"</c>, the smoothed time between its readings (null after the first).
/// </summary>
public sealed record SensorStatus(Reading Latest, long? IntervalMs)
{
    /// <summary>Writes the JSON form.</summary>
    public void WriteJson(IBufferWriter<byte> output)
    {
        var definition = SensorTypes.Of(Latest.Type);
        var json = RowJson.Writer(output);
        json.WriteStartObject();
        json.WriteString("sensor_id"u8, Latest.SensorId);
        json.WriteString("sensor_type"u8, definition.Name);
        json.WriteString("city"u8, Latest.City);
        json.WriteString("district"u8, Latest.District);
        json.WriteTimeWithMilliseconds("timestamp"u8, Latest.TimestampMs);
        if (Latest.HasLocation)
        {
            json.WriteStartObject("location"u8);
            json.WriteNumber("lat"u8, Latest.Latitude);
            json.WriteNumber("lon"u8, Latest.Longitude);
            json.WriteEndObject();
        }

        json.WriteStartObject("metrics"u8);
        for (var i = 0; i < definition.Metrics.Count; i++)
        {
            if (Latest.Metrics[i] is { } value)
            {
                json.WritePropertyName(definition.Metrics[i].Name);
                json.WriteFigure(value);
            }
        }

        json.WriteEndObject();
        if (IntervalMs is { } intervalMs)
        {
            json.WriteNumber("interval_ms"u8, intervalMs);
        }
        else
        {
            json.WriteNull("interval_ms"u8);
        }

        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>Reads the JSON form; throws <see cref="FormatException"/> naming what is wrong.</summary>
    public static SensorStatus ParseJson(ReadOnlySpan<byte> json)
    {
        // It was judged against its record when it was received, so no event time is too far ahead here.
        if (!new ReadingParser(new ReadingRules()).TryParse(json, recordTimestampMs: long.MaxValue, out var latest, out var rejection))
        {
            throw new FormatException($"Not a sensor status: {rejection.Detail}.");
        }

        return new SensorStatus(latest, ReadInterval(json));
    }

    private static long? ReadInterval(ReadOnlySpan<byte> validJson)
    {
        var json = new Utf8JsonReader(validJson);
        json.Read();
        while (RowJson.NextMember(ref json, out var name))
        {
            if (name.SequenceEqual("interval_ms"u8))
            {
                return json.TokenType == JsonTokenType.Null ? null : RowJson.Whole(ref json, "interval_ms");
            }

            json.Skip();
        }

        throw new FormatException("interval_ms is missing.");
    }
}
