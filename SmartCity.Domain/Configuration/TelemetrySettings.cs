using Microsoft.Extensions.Configuration;

namespace SmartCity.Domain.Configuration;

/// <summary>
/// Section <c>Telemetry</c>: what a program tells of itself beyond <c>/metrics</c>. <c>OtlpEndpoint</c> (none) is an OpenTelemetry collector that metrics are pushed to;
/// <c>OtlpProtocol</c> is <c>Grpc</c> (default, port 4317) or <c>Http</c> (port 4318); <c>Logs</c> is <c>Text</c> (default) or <c>Json</c>, one object a line.
/// </summary>
public sealed record TelemetrySettings(Uri? OtlpEndpoint, OtlpProtocol OtlpProtocol, LogFormat Logs)
{
    private const string Section = "Telemetry";

    /// <summary>Where metrics are pushed to; null for nowhere.</summary>
    public Uri? MetricsEndpoint => OtlpEndpoint is { } collector && OtlpProtocol == OtlpProtocol.Http ? new Uri($"{collector.ToString().TrimEnd('/')}/v1/metrics") : OtlpEndpoint;

    /// <summary>Reads the section; what is wrong with it goes to <paramref name="errors"/>.</summary>
    public static TelemetrySettings Read(IConfiguration configuration, ConfigurationErrors errors)
    {
        var reader = new SettingsReader(configuration, errors);
        var settings = new TelemetrySettings(
            ReadEndpoint(reader),
            reader.OneOf($"{Section}:OtlpProtocol", OtlpProtocol.Grpc, ("Grpc", OtlpProtocol.Grpc), ("Http", OtlpProtocol.Http)),
            reader.OneOf($"{Section}:Logs", LogFormat.Text, ("Text", LogFormat.Text), ("Json", LogFormat.Json)));
        reader.RejectUnknown(Section);
        return settings;
    }

    private static Uri? ReadEndpoint(SettingsReader reader)
    {
        var key = $"{Section}:OtlpEndpoint";
        if (reader.Text(key) is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https")
        {
            return endpoint;
        }

        reader.Errors.Add(key, text, "must be the address of an OpenTelemetry collector", "http://localhost:4317");
        return null;
    }
}

/// <summary>How the OpenTelemetry protocol travels.</summary>
public enum OtlpProtocol
{
    /// <summary>Over gRPC.</summary>
    Grpc,

    /// <summary>Protocol buffers over HTTP, to <c>v1/metrics</c> below the endpoint.</summary>
    Http,
}

/// <summary>How log lines are written.</summary>
public enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON object a line, with the event's id and its values as members.</summary>
    Json,
}
