using System.Globalization;
using System.Text.Json;

using Microsoft.EntityFrameworkCore;

using SmartCity.Api.Database;
using SmartCity.Api.Errors;
using SmartCity.Api.Json;
using SmartCity.Api.OpenApi;
using SmartCity.Api.Parameters;
using SmartCity.Domain.Data;

namespace SmartCity.Api.Quality;

/// <summary><c>GET /quality</c>: what came, hour by hour.</summary>
internal static class QualityEndpoint
{
    private static readonly IReadOnlyList<Parameter> Parameters =
    [
        Parameter.Number("hours", 24, 1, 8784, "How many hours back from now, the one that is going on included."),
    ];

    public static void MapQuality(this IEndpointRouteBuilder routes) => routes.MapGet("/quality", AnswerAsync)
        .Describe("quality", "Quality", "What came, hour by hour", """
            Valid readings by type, those of them that came too late for every window by how late they were, and refused ones by reason. Each is counted once, in the hour in
            which Kafka took it. Hours without any are left out.
            """, Parameters)
        .Answers(AnswerSchemas.Quality);

    private static async Task<IResult> AnswerAsync(HttpContext context, CityDatabase database, TimeProvider clock)
    {
        var reader = new ParameterReader(context.Request.Query, Parameters);
        int hours = reader.Number("hours");
        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        var now = clock.GetUtcNow().UtcDateTime;
        var to = new DateTime(now.Ticks - (now.Ticks % TimeSpan.TicksPerHour), DateTimeKind.Utc).AddHours(1);
        var from = to.AddHours(-hours);
        await using var city = database.Open();
        var rows = await city.QualityHours.Where(row => row.Hour >= from && row.Hour < to).OrderByDescending(row => row.Hour).ToListAsync(context.RequestAborted);
        return new JsonAnswer(200, json =>
        {
            json.WriteStartObject();
            json.WriteTime("from", from);
            json.WriteTime("to", to);
            WriteTotals(json, rows);
            WriteReasons(json, "types", "type", rows, QualityHourEntity.Accepted);
            WriteReasons(json, "reasons", "reason", rows, QualityHourEntity.DeadLetter);
            WriteLateness(json, rows);
            json.WriteStartArray("hours");
            foreach (var hour in rows.GroupBy(row => row.Hour))
            {
                json.WriteStartObject();
                json.WriteString("hour", JsonForms.Time(hour.Key));
                WriteTotals(json, [.. hour]);
                json.WriteStartObject("reasons");
                foreach (var row in hour.Where(row => row.Kind == QualityHourEntity.DeadLetter).OrderBy(row => row.Reason, StringComparer.Ordinal))
                {
                    json.WriteNumber(row.Reason, row.Count);
                }

                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void WriteTotals(Utf8JsonWriter json, IReadOnlyList<QualityHourEntity> rows)
    {
        json.WriteNumber("accepted", Sum(rows, QualityHourEntity.Accepted));
        json.WriteNumber("late", Sum(rows, QualityHourEntity.Late));
        json.WriteNumber("dead_letters", Sum(rows, QualityHourEntity.DeadLetter));
    }

    private static void WriteReasons(Utf8JsonWriter json, string list, string name, IReadOnlyList<QualityHourEntity> rows, string kind)
    {
        json.WriteStartArray(list);
        foreach (var (reason, count) in rows.Where(row => row.Kind == kind).GroupBy(row => row.Reason, (reason, of) => (reason, of.Sum(row => row.Count)))
            .OrderByDescending(one => one.Item2).ThenBy(one => one.reason, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString(name, reason);
            json.WriteNumber(kind == QualityHourEntity.Accepted ? "accepted" : "count", count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLateness(Utf8JsonWriter json, IReadOnlyList<QualityHourEntity> rows)
    {
        json.WriteStartArray("lateness");
        foreach (int? seconds in QualityHourEntity.LatenessBuckets.Select(seconds => (int?)seconds).Append(null))
        {
            string bucket = seconds?.ToString(CultureInfo.InvariantCulture) ?? "";
            json.WriteStartObject();
            json.WriteWhole("up_to_seconds", seconds);
            json.WriteNumber("count", rows.Where(row => row.Kind == QualityHourEntity.Late && row.Reason == bucket).Sum(row => row.Count));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static long Sum(IReadOnlyList<QualityHourEntity> rows, string kind) => rows.Where(row => row.Kind == kind).Sum(row => row.Count);
}
