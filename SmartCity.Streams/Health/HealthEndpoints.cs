using System.Text.Json;
using System.Text.Json.Serialization;

using SmartCity.Domain.Lake;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Health;

/// <summary><c>/health/live</c>, <c>/health/ready</c> (200 or 503) and <c>/health</c> (always 200, with details).</summary>
internal static class HealthEndpoints
{
    public static void AddHealth(this IServiceCollection services)
    {
        services.AddSingleton(provider => new DependencyProbe(
            provider.GetRequiredService<WorkerSettings>(), provider.GetRequiredService<KafkaAdmin>(), provider.GetService<IObjectStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(provider => provider.GetRequiredService<DependencyProbe>());
        services.AddSingleton<WorkerHealth>();
        services.AddHostedService<WorkerReporter>();
    }

    public static void MapHealth(this WebApplication app)
    {
        app.MapGet("/health/live", (WorkerHealth health) => Answer(health, health.IsAlive, "live", "hung"));
        app.MapGet("/health/ready", (WorkerHealth health) => Answer(health, health.IsReady, "ready", "not_ready"));
        app.MapGet("/health", (WorkerHealth health) => Results.Json(health.Report(), HealthJson.Default.HealthReport));
    }

    private static IResult Answer(WorkerHealth health, bool isWell, string well, string unwell) => Results.Json(
        new HealthStatus(isWell ? well : unwell, health.Parts()), HealthJson.Default.HealthStatus,
        statusCode: isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}

/// <summary>Writes health as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(HealthStatus))]
internal sealed partial class HealthJson : JsonSerializerContext;
