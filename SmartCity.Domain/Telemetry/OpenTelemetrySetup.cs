using Microsoft.Extensions.DependencyInjection;

using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

using SmartCity.Domain.Configuration;

namespace SmartCity.Domain.Telemetry;

/// <summary>What every program does to be seen: its name, its metrics, its traces, and where both are pushed to.</summary>
public static class OpenTelemetrySetup
{
    /// <summary>Adds metrics and, where there is somewhere to send them, traces.</summary>
    /// <param name="services">The program's services.</param>
    /// <param name="name">What the program is called there, e.g. <c>smart-city-api</c>.</param>
    /// <param name="settings">Where to, and how much.</param>
    /// <param name="sampler">Which traces are kept: see <see cref="Samplers"/>.</param>
    /// <param name="metrics">What the program measures.</param>
    /// <param name="traces">What it traces.</param>
    public static void AddTelemetry(
        this IServiceCollection services, string name, TelemetrySettings settings, Sampler sampler, Action<MeterProviderBuilder> metrics, Action<TracerProviderBuilder> traces)
    {
        ArgumentNullException.ThrowIfNull(settings);
        OpenTelemetryBuilder telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService(name)).WithMetrics(builder =>
        {
            metrics(builder);
            if (settings.OtlpEndpoint is not null)
            {
                builder.AddOtlpExporter(otlp => Address(otlp, settings, "metrics"));
            }
        });
        if (settings.Traces)
        {
            telemetry.WithTracing(builder =>
            {
                traces(builder);
                builder.SetSampler(sampler).AddOtlpExporter(otlp => Address(otlp, settings, "traces"));
            });
        }
    }

    /// <summary>The same for a program without a host: traces alone, until it is disposed of, which sends what is left. Null where there is nowhere to send them.</summary>
    public static IDisposable? StartTraces(string name, TelemetrySettings settings, Sampler sampler, string source)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings.Traces
            ? Sdk.CreateTracerProviderBuilder().ConfigureResource(resource => resource.AddService(name)).AddSource(source).SetSampler(sampler)
                .AddOtlpExporter(otlp => Address(otlp, settings, "traces")).Build()
            : null;
    }

    private static void Address(OtlpExporterOptions otlp, TelemetrySettings settings, string signal)
        => (otlp.Endpoint, otlp.Protocol) = (settings.Endpoint(signal)!, settings.OtlpProtocol == OtlpProtocol.Http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc);
}
