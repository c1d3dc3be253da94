using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

using SmartCity.Api.Alerts;
using SmartCity.Api.Configuration;
using SmartCity.Api.Database;
using SmartCity.Api.Errors;
using SmartCity.Api.Health;
using SmartCity.Api.Ingest;
using SmartCity.Api.Kafka;
using SmartCity.Api.Live;
using SmartCity.Api.OpenApi;
using SmartCity.Api.Pages;
using SmartCity.Api.Pipeline;
using SmartCity.Api.Quality;
using SmartCity.Api.Query;
using SmartCity.Api.Security;
using SmartCity.Api.Sensors;
using SmartCity.Api.Storage;
using SmartCity.Domain.Configuration;
using SmartCity.Domain.Lake;
using SmartCity.Domain.Telemetry;

namespace SmartCity.Api;

/// <summary>Puts the API together; used by its own program and by the embedded platform.</summary>
public static class ApiHost
{
    /// <summary>Builds the API, ready to run.</summary>
    /// <param name="args">Command-line configuration, e.g. <c>--Api:Port=8080</c>.</param>
    /// <param name="extra">Adds sources of configuration that win over all others.</param>
    /// <exception cref="ConfigurationException">Something is wrong with the configuration; it lists everything that is.</exception>
    public static WebApplication Build(string[] args, Action<IConfigurationBuilder>? extra = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddLegacyEnvironment();
        extra?.Invoke(builder.Configuration);
        var settings = ApiSettings.Read(builder.Configuration, builder.Environment);
        if (settings.Telemetry.Logs == LogFormat.Json)
        {
            builder.Logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
        }

        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = IngestBody.MaxBytes + 1; // one more, so that the endpoint itself can say what is too much
        });
        builder.WebHost.UseUrls([.. settings.Urls]);
        AddServices(builder.Services, settings);
        var app = builder.Build();
        Map(app);
        return app;
    }

    private static void AddServices(IServiceCollection services, ApiSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton(settings.Windows);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new CityDatabase(settings.Database));
        services.AddSingleton(LakeStore.Create(settings.Lake));
        services.AddSingleton<KeyRing>();
        services.AddSingleton<IngestMetrics>();
        services.AddSingleton<KafkaLink>().AddHostedService(provider => provider.GetRequiredService<KafkaLink>());
        services.AddSingleton<ReadingPublisher>();
        services.AddSingleton<IngestEndpoint>();
        services.AddSingleton<WindowQueryParser>();
        services.AddSingleton<WindowStore>();
        services.AddSingleton<SensorStore>();
        services.AddSingleton<SensorMetrics>();
        services.AddSingleton<LatestStore>();
        services.AddSingleton<StorageStats>();
        services.AddSingleton<LogReader>();
        services.AddSingleton<WorkerReports>().AddHostedService(provider => provider.GetRequiredService<WorkerReports>());
        services.AddSingleton<PipelineReader>();
        services.AddSingleton<SensorReadings>();
        services.AddSingleton<Probes>();
        services.AddSingleton<LiveFeed>().AddHostedService(provider => provider.GetRequiredService<LiveFeed>());
        services.AddHostedService<SchemaAtStart>();
        services.AddExceptionHandler<ErrorHandler>();
        services.AddApiDocument();
        services.AddRateLimits(settings);
        services.AddTelemetry(
            "smart-city-api", settings.Telemetry, Samplers.Begins(settings.Telemetry.TraceRatio),
            metrics => metrics.AddAspNetCoreInstrumentation().AddMeter(IngestMetrics.Meter).AddPrometheusExporter(),
            traces => traces.AddAspNetCoreInstrumentation(web => web.Filter = IsWorthATrace).AddSource(ReadingPublisher.TraceSource));
        services.AddResponseCompression(options => options.MimeTypes = ["application/json", "application/problem+json", "application/x-ndjson", "text/csv", "text/css", "text/javascript", "text/html"]);
        services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. settings.CorsOrigins]).WithMethods("GET", "HEAD", "POST").AllowAnyHeader().WithExposedHeaders("Link", "ETag", "Retry-After")));
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
    }

    // Not what is asked every few seconds by machines, and not what never ends.
    private static bool IsWorthATrace(HttpContext request)
        => !request.Request.Path.StartsWithSegments("/health") && !request.Request.Path.StartsWithSegments("/metrics") && !request.Request.Path.StartsWithSegments("/live");

    private static void Map(WebApplication app)
    {
        var settings = app.Services.GetRequiredService<ApiSettings>();
        app.UseSecurityHeaders(settings.Tiles?.Origin);
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(context => Problems.ForStatus(context.HttpContext).ExecuteAsync(context.HttpContext));
        app.UseResponseCompression();
        app.UsePages(settings.Tiles);
        app.RouteHeadAsGet();
        app.UseRouting();
        app.AnswerHead();
        app.UseCors();
        app.UseRateLimiter();
        app.Services.GetRequiredService<SensorMetrics>(); // there from the first scrape on
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapHealth();
        app.MapApiDocument();
        IngestEndpoint.Map(app);
        var reads = app.MapGroup("").RequireScope(ApiScopes.Read);
        reads.MapQueries();
        reads.MapLatest();
        reads.MapTypes();
        reads.MapSensors();
        reads.MapStorage();
        reads.MapLive();
        reads.MapAlerts();
        reads.MapQuality();
        reads.MapSideTopics();
        reads.MapSensorReadings();
        app.MapPipeline();
    }
}
