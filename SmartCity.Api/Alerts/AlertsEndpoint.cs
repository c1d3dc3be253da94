using Microsoft.EntityFrameworkCore;

using SmartCity.Api.Database;
using SmartCity.Api.Errors;
using SmartCity.Api.Json;
using SmartCity.Api.OpenApi;
using SmartCity.Api.Parameters;
using SmartCity.Api.Pipeline;
using SmartCity.Api.Query;
using SmartCity.Domain.Data;

namespace SmartCity.Api.Alerts;

/// <summary><c>GET /alerts</c>.</summary>
internal static class AlertsEndpoint
{
    private const int Most = 1000;

    private static readonly IReadOnlyList<Parameter> Parameters =
    [
        Parameter.OneOf("state", null, [AlertEntity.Firing, AlertEntity.Resolved], "Only alerts in this state."),
        Parameter.Number("hours", 24, 1, 8784, "How far back alerts that are over are told; those that fire always are."),
        new("city", "Only alerts of this city. May be repeated.") { Repeatable = true },
    ];

    public static void MapAlerts(this IEndpointRouteBuilder routes) => routes.MapGet("/alerts", AnswerAsync)
        .Describe("alerts", "Alerts", "Alerts", """
            Those that fire and those that are over, the former first, then newest first; 1,000 at most. A rule is judged on each aligned whole-city window when the watermark
            passes its end; `sensor_silent` when a sensor is not heard of for ten of its intervals, and at least 15 minutes. `rules` are those that the workers judge by.
            """, Parameters)
        .Answers(AnswerSchemas.Alerts);

    private static async Task<IResult> AnswerAsync(HttpContext context, CityDatabase database, WorkerReports workers, TimeProvider clock)
    {
        var reader = new ParameterReader(context.Request.Query, Parameters);
        string? state = reader.Choice("state");
        int hours = reader.Number("hours");
        var cities = reader.Names("city", WindowQueryParser.MaxCities);
        if (reader.Errors.Any)
        {
            return Problems.BadParameters(reader.Errors);
        }

        var since = clock.GetUtcNow().UtcDateTime.AddHours(-hours);
        await using var city = database.Open();
        var alerts = city.Alerts.Where(alert => alert.State == AlertEntity.Firing || (alert.State == AlertEntity.Resolved && alert.UpdatedAt >= since));
        if (state is not null)
        {
            alerts = alerts.Where(alert => alert.State == state);
        }

        if (cities.Count > 0)
        {
            alerts = alerts.Where(alert => cities.Contains(alert.City));
        }

        int firing = await alerts.CountAsync(alert => alert.State == AlertEntity.Firing, context.RequestAborted);
        var found = await alerts.OrderBy(alert => alert.State).ThenByDescending(alert => alert.Since).ThenBy(alert => alert.Id).Take(Most).ToListAsync(context.RequestAborted);
        var rules = workers.Latest.MaxBy(worker => (worker.Rules.Count > 0, worker.ReportedAt))?.Rules ?? [];
        return new JsonAnswer(200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", found.Count);
            json.WriteNumber("firing", firing);
            json.WriteStartArray("results");
            found.ForEach(alert => AlertJson.Write(json, alert));
            json.WriteEndArray();
            json.WriteStartArray("rules");
            foreach (var rule in rules)
            {
                rule.WriteTo(json);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }
}
