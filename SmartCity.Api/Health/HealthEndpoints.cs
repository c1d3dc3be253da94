using System.Text.Json;

using SmartCity.Api.Errors;
using SmartCity.Api.Json;
using SmartCity.Api.OpenApi;

namespace SmartCity.Api.Health;

/// <summary><c>/health</c> for people, <c>/health/live</c> and <c>/health/ready</c> for orchestrators.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", async (Probes probes, TimeProvider clock) => Answer(await probes.LookAsync(), clock))
            .Describe("health", "Health", "How the platform is", "Always 200; `status` is degraded while a part is down. What needs that part answers 503 meanwhile.", [])
            .Answers(AnswerSchemas.Health).NeedsNoPart();
        routes.MapGet("/health/live", () => new JsonAnswer(200, json => WriteStatus(json, "live")))
            .Describe("health_live", "Health", "The process answers", "No dependency counts: restarting the API would not bring one back.", [])
            .Answers(AnswerSchemas.Status).NeedsNoPart();
        routes.MapGet("/health/ready", async (Probes probes) => (await probes.LookAsync()).Database is { IsDown: true, Detail: var detail }
                ? (IResult)Problems.DatabaseDown(detail ?? "The database cannot be reached.")
                : new JsonAnswer(200, json => WriteStatus(json, "ready")))
            .Describe("health_ready", "Health", "The API reaches its database", "503 while it does not.", [])
            .Answers(AnswerSchemas.Status);
    }

    private static JsonAnswer Answer(Health health, TimeProvider clock) => new(200, json =>
    {
        json.WriteStartObject();
        json.WriteString("status", health.IsDegraded ? "degraded" : "healthy");
        json.WriteString("database", health.Database.Status);
        json.WriteString("storage", health.Storage.Status);
        json.WriteString("kafka", health.Kafka.Status);
        json.WriteString("stream", health.Stream.Status);
        json.WriteTime("watermark", health.Watermark);
        json.WriteStartObject("details");
        WriteDetail(json, "database", health.Database);
        WriteDetail(json, "storage", health.Storage);
        WriteDetail(json, "kafka", health.Kafka);
        WriteDetail(json, "stream", health.Stream);
        json.WriteEndObject();
        json.WriteString("timestamp", JsonForms.Time(clock.GetUtcNow().UtcDateTime));
        json.WriteEndObject();
    });

    private static void WriteDetail(Utf8JsonWriter json, string name, PartHealth part)
    {
        if (part.Detail is { } detail)
        {
            json.WriteString(name, detail);
        }
    }

    private static void WriteStatus(Utf8JsonWriter json, string status)
    {
        json.WriteStartObject();
        json.WriteString("status", status);
        json.WriteEndObject();
    }
}
