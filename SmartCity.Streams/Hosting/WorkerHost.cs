using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection.Extensions;

using OpenTelemetry.Metrics;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Telemetry;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Health;
using SmartCity.Streams.Kafka;
using SmartCity.Streams.Sinks;
using SmartCity.Streams.Sinks.Database;
using SmartCity.Streams.Sinks.Lake;
using SmartCity.Streams.Streaming;

namespace SmartCity.Streams.Hosting;

/// <summary>Puts a worker together, for its own program and for whoever hosts it within another process.</summary>
public static class WorkerHost
{
    private const string TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    // Seconds. OpenTelemetry's own bounds are made for milliseconds.
    private static readonly double[] DurationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>
    /// Builds a worker that is not yet started. <paramref name="extra"/> adds configuration that wins over files, environment and arguments.
    /// Throws <see cref="ConfigurationException"/> with everything that is wrong with the configuration.
    /// </summary>
    public static WebApplication Build(string[] args, Action<IConfigurationBuilder>? extra = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            ApplicationName = typeof(WorkerHost).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddLegacyEnvironment();
        extra?.Invoke(builder.Configuration);
        var settings = WorkerSettings.Read(builder.Configuration);

        AddHosting(builder, settings);
        AddParts(builder.Services, settings);
        var app = builder.Build();
        if (settings.Http.Port is { } port)
        {
            app.Urls.Add($"http://*:{port}");
            app.MapHealth();
            app.MapPrometheusScrapingEndpoint("/metrics");
        }

        return app;
    }

    /// <summary>
    /// Runs a worker until it is told to stop or a fault ends it, disposes of it, and returns what the process should exit with: 0, or 1 after a fault, which is
    /// written to the standard error in one line.
    /// </summary>
    public static async Task<int> RunAsync(WebApplication worker)
    {
        ArgumentNullException.ThrowIfNull(worker);
        var status = worker.Services.GetRequiredService<WorkerStatus>();
        await worker.RunAsync();
        if (status.Fault is not { } fault)
        {
            return 0;
        }

        await Console.Error.WriteLineAsync($"The worker stopped: {fault.Message}");
        return 1;
    }

    /// <summary>What has stopped a worker that is not yet disposed of, in a sentence for people; null while nothing has.</summary>
    public static string? Fault(WebApplication worker)
    {
        ArgumentNullException.ThrowIfNull(worker);
        return worker.Services.GetRequiredService<WorkerStatus>().Fault?.Message;
    }

    private static void AddHosting(WebApplicationBuilder builder, WorkerSettings settings)
    {
        builder.Services.AddSystemd();
        builder.Services.AddWindowsService(options => options.ServiceName = "Smart City worker");
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(9));
        AddConsole(builder.Logging, settings.Telemetry.Logs);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        builder.Services.AddTelemetry("smart-city-worker", settings.Telemetry, Samplers.Follows, AddMetrics, traces => traces.AddSource(KafkaStreams.TraceSource, SinkTraces.SourceName));
        if (settings.Http.Port is null)
        {
            builder.Services.Replace(ServiceDescriptor.Singleton<IServer, NoServer>());
        }
    }

    private static void AddConsole(ILoggingBuilder logging, LogFormat format)
    {
        if (format == LogFormat.Json)
        {
            logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, TimestampFormat));
        }
        else
        {
            logging.AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, TimestampFormat + " "));
        }
    }

    private static void AddMetrics(MeterProviderBuilder metrics) => metrics
        .AddMeter("SmartCity.*")
        .AddView(instrument => instrument.Unit == "s" && instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal)
            ? new ExplicitBucketHistogramConfiguration { Boundaries = DurationBuckets }
            : null)
        .AddRuntimeInstrumentation()
        .AddPrometheusExporter();

    private static void AddParts(IServiceCollection services, WorkerSettings settings)
    {
        services.AddSingleton(settings);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<WorkerStatus>();
        services.AddSingleton(provider => new KafkaAdmin(settings.Kafka, provider.GetRequiredService<ILogger<KafkaAdmin>>()));
        services.AddSingleton<TopicSetup>();
        if ((settings.Streams.Roles & (WorkerRoles.Combine | WorkerRoles.Windows)) != 0)
        {
            services.AddSingleton<ReadingsSummary>();
            services.AddSingleton<StreamPart>();
            services.AddSingleton<IWorkerPart>(provider => provider.GetRequiredService<StreamPart>());
        }

        if (settings.Lake is { } lake)
        {
            services.AddLakeSinks(lake, settings);
        }

        if (settings.Database is { } database)
        {
            services.AddDatabaseSink(database, settings);
        }

        services.AddHostedService<WorkerSupervisor>();
        services.AddHealth();
    }
}
