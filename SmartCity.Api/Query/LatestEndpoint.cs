using System.Text.Json;

using SmartCity.Api.Errors;
using SmartCity.Api.Json;
using SmartCity.Api.OpenApi;
using SmartCity.Api.Parameters;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Query;

/// <summary><c>GET /latest</c>.</summary>
internal static class LatestEndpoint
{
    private static readonly IReadOnlyList<Parameter> Parameters =
    [
        Parameter.OneOf("type", null, [.. SensorTypes.All.Select(type => type.Name)], "Only windows of this sensor type."),
        new("city", "Only groups of this city. May be repeated.") { Repeatable = true },
    ];

    public static void MapLatest(this IEndpointRouteBuilder routes) => routes.MapGet("/latest", AnswerAsync)
        .Describe("latest", "Query", "The newest windows", "The newest and the newest final window of each group (type, city, district).", Parameters)
        .Answers(AnswerSchemas.Latest);

    private static async Task<IResult> AnswerAsync(HttpContext context, LatestStore store)
    {
        var reader = new ParameterReader(context.Request.Query, Parameters);
        string? wanted = reader.Choice("type");
        var cities = reader.Names("city", WindowQueryParser.MaxCities);
        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        SensorTypeDefinition[] types = [.. SensorTypes.All.Where(type => wanted is null || type.Name == wanted)];
        var groups = await store.ReadAsync(types, cities, context.RequestAborted);
        return new JsonAnswer(200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", groups.Count);
            json.WriteStartArray("results");
            foreach (var group in groups)
            {
                json.WriteStartObject();
                json.WriteString("aggregation_type", group.Type.Name);
                json.WriteString("city", group.City);
                json.WriteString("district", group.District);
                WriteWindow(json, "newest", group.Newest, group.Type);
                WriteWindow(json, "newest_final", group.NewestFinal, group.Type);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void WriteWindow(Utf8JsonWriter json, string name, WindowEntity? window, SensorTypeDefinition type)
    {
        if (window is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WritePropertyName(name);
        AnswerWriter.WriteRow(json, RowOf(window, type), MetricColumns.Of(type));
    }

    /// <summary>A stored window as a row of an answer.</summary>
    internal static ResultRow RowOf(WindowEntity window, SensorTypeDefinition type) => new(
        new RowKey(window.WindowStart, window.City, window.District), window.WindowEnd, window.ReadingCount, window.IsFinal, window.Revision, window.ProcessingTime,
        [.. MetricColumns.Of(type).Select(column => window[column.Name] switch { long count => count, double value => value, _ => (double?)null })]);
}
