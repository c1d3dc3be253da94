using SmartCity.Domain.Configuration;
using SmartCity.Streams.Alerts;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Hosting;
using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>Adds the database sink to a worker.</summary>
internal static class DatabaseSinkServices
{
    public static void AddDatabaseSink(this IServiceCollection services, DatabaseSettings database, WorkerSettings settings)
    {
        var options = settings.DatabaseSink;
        services.AddSingleton(database);
        services.AddSingleton(provider => new AlertJudge(settings.Alerts, settings.Streams.Window.Size, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IDatabaseWriter>(provider => database.Provider == DatabaseProvider.Sqlite
            ? new SqliteWriter(database.ConnectionString, DatabaseSink.SinkName, options.AdoptNewLog, provider.GetRequiredService<AlertJudge>(), provider.GetRequiredService<TimeProvider>())
            : new PostgresWriter(database.ConnectionString, DatabaseSink.SinkName, options.AdoptNewLog, provider.GetRequiredService<AlertJudge>(), provider.GetRequiredService<TimeProvider>()));
        if (settings.Alerts.WebhookUrl is not null)
        {
            services.AddSingleton(settings.Alerts);
            services.AddSingleton(_ => new HttpClient { Timeout = TimeSpan.FromSeconds(10) });
            services.AddHostedService<AlertWebhook>();
        }

        services.AddSingleton(provider => new DatabaseSink(
            provider.GetRequiredService<IDatabaseWriter>(), settings.Kafka.Topics, provider.GetRequiredService<KafkaAdmin>().LogOfAsync, options.FlushInterval,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IWorkerPart, DatabasePart>();
        services.AddSingleton(provider => new Retention(database, settings.Retention, provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<RetentionService>();
    }
}
