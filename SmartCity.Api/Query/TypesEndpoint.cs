using SmartCity.Api.Errors;
using SmartCity.Api.Json;
using SmartCity.Api.OpenApi;
using SmartCity.Api.Parameters;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Query;

/// <summary><c>GET /types</c>: the sensor types and their metrics, so that a dashboard need not have them copied into it.</summary>
internal static class TypesEndpoint
{
    /// <summary>The metric of each type that a chart shows unless told otherwise.</summary>
    private static readonly HashSet<string> Charted = new HashSet<string> { "pm25", "average_speed", "occupancy_rate", "power_consumption" };

    public static void MapTypes(this IEndpointRouteBuilder routes) => routes.MapGet("/types", Answer)
        .Describe("types", "Query", "The sensor types", "Each with its metrics: name, stem of its columns, unit, allowed range, and how it is aggregated.", [])
        .Answers(AnswerSchemas.Types)
        .NeedsNoPart();

    private static IResult Answer(HttpContext context)
    {
        var reader = new ParameterReader(context.Request.Query, []);
        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        return new JsonAnswer(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("types");
            foreach (var type in SensorTypes.All)
            {
                json.WriteStartObject();
                json.WriteString("name", type.Name);
                json.WriteString("slug", type.Slug);
                json.WriteStartArray("metrics");
                foreach (var metric in type.Metrics)
                {
                    json.WriteStartObject();
                    json.WriteString("name", metric.Name);
                    json.WriteString("stem", metric.Stem);
                    json.WriteString("unit", metric.Unit);
                    json.WriteNumber("min", metric.Min);
                    json.WriteNumber("max", metric.Max);
                    json.WriteString("kind", metric.Kind.ToString().ToLowerInvariant());
                    json.WriteBoolean("chart", Charted.Contains(metric.Name));
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }
}
