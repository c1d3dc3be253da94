using System.Globalization;

using Microsoft.Extensions.Configuration;

namespace SmartCity.Domain.Configuration;

/// <summary>
/// Section <c>Telemetry</c>: what a program tells of itself beyond <c>/metrics</c>. <c>OtlpEndpoint</c> (none) is an OpenTelemetry collector that metrics and traces are pushed to;
/// <c>OtlpProtocol</c> is <c>Grpc</c> (default, port 4317) or <c>Http</c> (port 4318); <c>TraceRatio</c> (0.001) is the share of requests that a trace is begun for, 0 for no traces at all;
/// <c>Logs</c> is <c>Text</c> (default) or <c>Json</c>, one object a line.
/// </summary>
public sealed record TelemetrySettings(Uri? OtlpEndpoint, OtlpProtocol OtlpProtocol, double TraceRatio, LogFormat Logs)
{
    private const string Section = "Telemetry";
    private const double DefaultTraceRatio = 0.001;

    /// <summary>True when traces are made: there is somewhere to send them.</summary>
    public bool Traces => OtlpEndpoint is not null && TraceRatio > 0;

    /// <summary>Where a signal (<c>metrics</c>, <c>traces</c>) is pushed to; null for nowhere.</summary>
    public Uri? Endpoint(string signal) => OtlpEndpoint is { } collector && OtlpProtocol == OtlpProtocol.Http ? new Uri($"{collector.ToString().TrimEnd('/')}/v1/{signal}") : OtlpEndpoint;

    /// <summary>Reads the section; what is wrong with it goes to <paramref name="errors"/>.</summary>
    public static TelemetrySettings Read(IConfiguration configuration, ConfigurationErrors errors)
    {
        var reader = new SettingsReader(configuration, errors);
        var settings = new TelemetrySettings(
            ReadEndpoint(reader),
            reader.OneOf($"{Section}:OtlpProtocol", OtlpProtocol.Grpc, ("Grpc", OtlpProtocol.Grpc), ("Http", OtlpProtocol.Http)),
            ReadRatio(reader),
            reader.OneOf($"{Section}:Logs", LogFormat.Text, ("Text", LogFormat.Text), ("Json", LogFormat.Json)));
        reader.RejectUnknown(Section);
        return settings;
    }

    private static double ReadRatio(SettingsReader reader)
    {
        var key = $"{Section}:TraceRatio";
        if (reader.Text(key) is not { } text)
        {
            return DefaultTraceRatio;
        }

        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1)
        {
            return ratio;
        }

        reader.Errors.Add(key, text, "must be a number from 0 to 1", DefaultTraceRatio.ToString(CultureInfo.InvariantCulture));
        return DefaultTraceRatio;
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

    /// <summary>Protocol buffers over HTTP, to <c>v1/metrics</c> and <c>v1/traces</c> below the endpoint.</summary>
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
