using Microsoft.Extensions.Configuration;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Alerts;
using SmartCity.Streams.Sinks.Database;

namespace SmartCity.Streams.Configuration;

/// <summary>Everything a worker is told, read and checked as a whole.</summary>
/// <param name="Kafka">How to reach the brokers.</param>
/// <param name="Streams">What to run and how.</param>
/// <param name="Readings">How strictly readings are read.</param>
/// <param name="Http">Where health and metrics are served.</param>
/// <param name="Database">The database; null for a worker without the role <c>postgres</c>.</param>
/// <param name="DatabaseSink">How the database is written.</param>
/// <param name="Lake">The lake; null for a worker without the role <c>lake</c>.</param>
/// <param name="Telemetry">What it tells of itself beyond <c>/metrics</c>.</param>
/// <param name="Retention">How long the database keeps what.</param>
/// <param name="Alerts">What is an alert, and who is told.</param>
internal sealed record WorkerSettings(
    KafkaSettings Kafka, StreamsOptions Streams, ReadingRules Readings, HttpOptions Http, DatabaseSettings? Database, DatabaseSinkOptions DatabaseSink,
    LakeOptions? Lake, TelemetrySettings Telemetry, RetentionOptions Retention, AlertOptions Alerts)
{
    /// <summary>Reads them; throws <see cref="ConfigurationException"/> with everything that is wrong.</summary>
    public static WorkerSettings Read(IConfiguration configuration)
    {
        var errors = new ConfigurationErrors();
        var streams = StreamsOptions.Read(configuration, errors);
        var settings = new WorkerSettings(
            KafkaSettings.Read(configuration, errors),
            streams,
            ReadingSettings.Read(configuration, errors),
            HttpOptions.Read(configuration, errors),
            streams.Roles.HasFlag(WorkerRoles.Postgres) ? DatabaseSettings.Read(configuration, errors) : null,
            DatabaseSinkOptions.Read(configuration, errors),
            streams.Roles.HasFlag(WorkerRoles.Lake) ? LakeSettings.Read(configuration, errors) : null,
            TelemetrySettings.Read(configuration, errors),
            RetentionOptions.Read(configuration, errors),
            AlertOptions.Read(configuration, errors));
        errors.ThrowIfAny();
        return settings;
    }
}
