using System.Text.Json;

using SmartCity.Api.Errors;
using SmartCity.Api.Json;
using SmartCity.Api.OpenApi;
using SmartCity.Api.Parameters;
using SmartCity.Api.Pipeline;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Sensors;

/// <summary><c>GET /sensors/{id}/readings</c>.</summary>
internal static class SensorReadingsEndpoint
{
    private static readonly TimeSpan LongestRange = TimeSpan.FromHours(24);

    private static readonly IReadOnlyList<Parameter> Parameters =
    [
        new("from", "The earliest event time. 24 hours before `to` when it is not given."),
        new("to", "The end of the range, excluded; at most 24 hours after `from`. Now when neither is given."),
        Parameter.Number("limit", 1000, 1, 10_000, "The most readings in an answer: the newest of the range."),
    ];

    public static void MapSensorReadings(this IEndpointRouteBuilder routes) => routes.MapGet("/sensors/{id}/readings", AnswerAsync)
        .Describe("sensor-readings", "Sensors", "One sensor's readings", """
            As the lake has them, oldest first, late ones among them. Every reading that Kafka took before `fresh_until` is there; later ones may still be on their way
            (null: not known at the moment). `truncated` is true when the range holds more than was asked for.
            """, Parameters)
        .Answers(AnswerSchemas.SensorReadings);

    private static async Task<IResult> AnswerAsync(HttpContext context, string id, SensorStore sensors, SensorReadings readings, PipelineReader pipeline, TimeProvider clock)
    {
        id = PathName.Of(context, 1);
        var reader = new ParameterReader(context.Request.Query, Parameters);
        var (from, to) = Range(reader, clock.GetUtcNow().UtcDateTime);
        int limit = reader.Number("limit");
        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        if (!ParameterReader.IsName(id) || await sensors.FindAsync(id, context.RequestAborted) is not { Sensor: var sensor })
        {
            return Problems.NotFound($"No reading of a sensor {id} was ever seen.");
        }

        // Asked before the lake is read: what comes in between is there, and not promised.
        var freshUntil = await pipeline.LakeIsFreshUntilAsync(context.RequestAborted);
        var type = SensorTypes.All.First(one => one.Name == sensor.SensorType);
        var (found, isTruncated) = await readings.ReadAsync(type.Type, sensor.City, id, from, to, limit, context.RequestAborted);
        return new JsonAnswer(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("sensor_id", id);
            json.WriteString("sensor_type", sensor.SensorType);
            json.WriteTime("from", from);
            json.WriteTime("to", to);
            json.WriteNumber("count", found.Count);
            json.WriteBoolean("truncated", isTruncated);
            json.WriteTime("fresh_until", freshUntil);
            json.WriteStartArray("results");
            foreach (var reading in found)
            {
                WriteReading(json, reading, type);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static (DateTime From, DateTime To) Range(ParameterReader reader, DateTime now)
    {
        var from = reader.Time("from");
        var to = reader.Time("to") ?? (from is { } start && start <= DateTime.MaxValue - LongestRange ? start + LongestRange : now);
        from ??= to - DateTime.MinValue > LongestRange ? to - LongestRange : DateTime.MinValue;
        if (from >= to)
        {
            reader.Errors.Add("from", "must be before to");
        }
        else if (to - from > LongestRange)
        {
            reader.Errors.Add("from", "must be at most 24 hours before to");
        }

        return (from.Value, to);
    }

    private static void WriteReading(Utf8JsonWriter json, SensorReading one, SensorTypeDefinition type)
    {
        var reading = one.Reading;
        json.WriteStartObject();
        json.WriteString("timestamp", JsonForms.Time(DateTimeOffset.FromUnixTimeMilliseconds(reading.TimestampMs).UtcDateTime));
        json.WriteTime("received_at", one.ReceivedAt);
        json.WriteString("district", reading.District);
        if (reading.HasLocation)
        {
            json.WriteStartObject("location");
            json.WriteNumber("lat", reading.Latitude);
            json.WriteNumber("lon", reading.Longitude);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("location");
        }

        json.WriteStartObject("metrics");
        for (int index = 0; index < type.Metrics.Count; index++)
        {
            if (reading.Metrics[index] is { } value)
            {
                json.WriteNumber(type.Metrics[index].Name, value);
            }
        }

        json.WriteEndObject();
        json.WriteNumber("partition", one.Partition);
        json.WriteNumber("offset", one.Offset);
        json.WriteEndObject();
    }
}
