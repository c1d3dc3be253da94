using System.Buffers.Text;
using System.Text;
using System.Text.Json;

using SmartCity.Api.Errors;
using SmartCity.Api.Json;
using SmartCity.Api.OpenApi;
using SmartCity.Api.Parameters;
using SmartCity.Api.Query;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Sensors;

/// <summary><c>GET /cities</c>, <c>/sensors</c> and <c>/sensors/{id}</c>.</summary>
internal static class SensorEndpoints
{
    private static readonly IReadOnlyList<Parameter> ListParameters =
    [
        Parameter.OneOf("type", null, [.. SensorTypes.All.Select(type => type.Name)], "Only sensors of this type."),
        new("city", "Only sensors of this city. May be repeated.") { Repeatable = true },
        Parameter.OneOf("status", null, SensorLiveness.Names,
            "Only sensors with this status. late: not heard of for three of its own intervals; silent: for ten, and at least 15 minutes; gone: for seven days."),
        Parameter.Number("limit", 100, 1, 10_000, "The most sensors in an answer."),
        new("cursor", "next_cursor of the page before. The other parameters must stay as they were."),
    ];

    public static void MapSensors(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/cities", CitiesAsync)
            .Describe("cities", "Sensors", "The cities", "Each city with its districts, its sensors by type, and when one was last heard of.", [])
            .Answers(AnswerSchemas.Cities);
        routes.MapGet("/sensors", ListAsync)
            .Describe("sensors", "Sensors", "The sensors", "Each sensor with its latest values, in the order of their names.", ListParameters)
            .Answers(AnswerSchemas.Sensors);
        routes.MapGet("/sensors/{id}", FindAsync)
            .Describe("sensor", "Sensors", "One sensor", "404 when it was never heard of.", [])
            .Answers(AnswerSchemas.Sensor);
    }

    private static async Task<IResult> CitiesAsync(HttpContext context, SensorStore store)
    {
        var reader = new ParameterReader(context.Request.Query, []);
        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        var cities = (await store.GroupsAsync(context.RequestAborted)).GroupBy(group => group.City, StringComparer.Ordinal).ToList();
        return new JsonAnswer(200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", cities.Count);
            json.WriteStartArray("cities");
            cities.ForEach(city => WriteCity(json, city.Key, [.. city]));
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void WriteCity(Utf8JsonWriter json, string city, IReadOnlyList<SensorGroup> groups)
    {
        json.WriteStartObject();
        json.WriteString("city", city);
        json.WriteStartArray("districts");
        foreach (string district in groups.Select(group => group.District).Where(district => district.Length > 0).Distinct(StringComparer.Ordinal))
        {
            json.WriteStringValue(district);
        }

        json.WriteEndArray();
        json.WriteStartObject("sensor_types");
        foreach (var type in groups.GroupBy(group => group.SensorType, StringComparer.Ordinal).OrderBy(type => type.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(type.Key, type.Sum(group => group.Sensors));
        }

        json.WriteEndObject();
        json.WriteNumber("sensors", groups.Sum(group => group.Sensors));
        json.WriteString("last_seen", JsonForms.Time(groups.Max(group => group.LastSeen)));
        json.WriteEndObject();
    }

    private static async Task<IResult> ListAsync(HttpContext context, SensorStore store)
    {
        var reader = new ParameterReader(context.Request.Query, ListParameters);
        string? type = reader.Choice("type");
        var cities = reader.Names("city", WindowQueryParser.MaxCities);
        string? status = reader.Choice("status");
        int limit = reader.Number("limit");
        string? after = Decode(reader);
        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        SensorStatusKind? kind = status is null ? null : Enum.Parse<SensorStatusKind>(status, ignoreCase: true);
        var found = await store.ListAsync(type, cities, kind, after, limit, context.RequestAborted);
        int count = Math.Min(found.Count, limit);
        string? next = found.Count > limit ? Base64Url.EncodeToString(Encoding.UTF8.GetBytes(found[count - 1].Sensor.SensorId)) : null;
        context.LinkTo(next);
        return new JsonAnswer(200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", count);
            json.WriteText("next_cursor", next);
            json.WriteStartArray("results");
            foreach (var sensor in found.Take(count))
            {
                WriteSensor(json, sensor);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static async Task<IResult> FindAsync(HttpContext context, string id, SensorStore store)
    {
        id = PathName.Of(context, 1);
        var reader = new ParameterReader(context.Request.Query, []);
        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        return ParameterReader.IsName(id) && await store.FindAsync(id, context.RequestAborted) is { } sensor
            ? new JsonAnswer(200, json => WriteSensor(json, sensor))
            : Problems.NotFound($"No reading of a sensor {id} was ever seen.");
    }

    private static void WriteSensor(Utf8JsonWriter json, JudgedSensor judged)
    {
        var sensor = judged.Sensor;
        json.WriteStartObject();
        json.WriteString("sensor_id", sensor.SensorId);
        json.WriteString("sensor_type", sensor.SensorType);
        json.WriteString("city", sensor.City);
        json.WriteString("district", sensor.District);
        if (sensor is { Latitude: { } latitude, Longitude: { } longitude })
        {
            json.WriteStartObject("location");
            json.WriteNumber("lat", latitude);
            json.WriteNumber("lon", longitude);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("location");
        }

        json.WriteString("status", judged.Status.Name());
        json.WriteString("last_seen", JsonForms.Time(sensor.LastSeen));
        json.WritePropertyName("interval_seconds");
        json.WriteNumberOrNull(sensor.IntervalMs / 1000.0);
        json.WritePropertyName("metrics");
        json.WriteRawValue(sensor.Metrics);
        json.WriteEndObject();
    }

    private static string? Decode(ParameterReader reader)
    {
        if (reader.Text("cursor") is not { } text)
        {
            return null;
        }

        if (text.Length is > 0 and < 1024 && Base64Url.IsValid(text) && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)) is var id && ParameterReader.IsName(id))
        {
            return id;
        }

        reader.Errors.Add("cursor", "is none of this listing's: take next_cursor as it came");
        return null;
    }
}
