using SmartCity.Domain.Configuration;
using SmartCity.Streams.Hosting;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>Adds the database sink to a worker.</summary>
internal static class DatabaseSinkServices
{
    public static void AddDatabaseSink(this IServiceCollection services, DatabaseSettings database, DatabaseSinkOptions options)
    {
        services.AddSingleton(database);
        services.AddSingleton(options);
        services.AddSingleton<IWorkerPart, DatabasePart>();
    }
}
