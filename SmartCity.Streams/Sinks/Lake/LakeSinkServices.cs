using SmartCity.Domain.Lake;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Hosting;
using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>Adds the lake's sinks to a worker, each a part of its own.</summary>
internal static class LakeSinkServices
{
    private const int Sinks = 2;

    public static void AddLakeSinks(this IServiceCollection services, LakeOptions lake, WorkerSettings settings)
    {
        services.AddSingleton(_ => LakeStore.Create(lake));
        services.AddSingleton(provider => LakeSinks.Create(
            settings.Kafka.Topics, settings.Readings, lake, provider.GetRequiredService<IObjectStore>(), SinkPart.Options(settings), settings.Streams.ReplicationFactor,
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LakeSink>>()));
        for (var index = 0; index < Sinks; index++)
        {
            var number = index;
            services.AddSingleton<IWorkerPart>(provider => new SinkPart(
                provider.GetRequiredService<IReadOnlyList<ISink>>()[number], settings, provider.GetRequiredService<TopicSetup>(),
                provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LakeSink>>()));
        }
    }
}
