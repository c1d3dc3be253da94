using System.Collections;
using System.CommandLine;

using Microsoft.Extensions.Configuration;

using SmartCity.Domain;
using SmartCity.Domain.Configuration;

namespace SmartCity.Simulator.Cli;

/// <summary>Where records are published: the command line first, then <c>Kafka__…</c> in the environment as for the other services, then this machine.</summary>
internal sealed class KafkaOptions
{
    private const string DefaultServers = "localhost:9092";

    private readonly Option<string?> _servers = new("--bootstrap-servers", "-b")
    {
        Description = $"Kafka brokers, host:port with commas between (default: Kafka__BootstrapServers or KAFKA_BOOTSTRAP_SERVERS, else {DefaultServers})",
    };

    private readonly Option<string?> _topic = new("--topic", "-t") { Description = $"The topic (default: {Topics.Sensors})" };

    private readonly Option<string[]> _properties = new("--property", "-X")
    {
        Description = "A librdkafka property NAME=VALUE, e.g. security.protocol=ssl (repeatable)",
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Show no progress" };

    public void AddTo(Command command)
    {
        command.Options.Add(_servers);
        command.Options.Add(_topic);
        command.Options.Add(_properties);
        command.Options.Add(_quiet);
    }

    public bool IsQuiet(ParseResult result) => result.GetValue(_quiet);

    /// <summary>The client's settings and the topic. Throws <see cref="ConfigurationException"/> with everything that is wrong.</summary>
    public (KafkaSettings Settings, string Topic) Read(ParseResult result) => Read(result, Environment.GetEnvironmentVariables());

    /// <summary>Where traces go, if anywhere: <c>Telemetry__…</c> in the environment, as for the other services.</summary>
    public static TelemetrySettings ReadTelemetry(IDictionary environment)
    {
        var errors = new ConfigurationErrors();
        var settings = TelemetrySettings.Read(new ConfigurationBuilder().AddInMemoryCollection(Section(environment, "Telemetry__")).Build(), errors);
        errors.ThrowIfAny();
        return settings;
    }

    internal (KafkaSettings Settings, string Topic) Read(ParseResult result, IDictionary environment)
    {
        var values = new Dictionary<string, string?> { ["Kafka:BootstrapServers"] = DefaultServers };
        if (environment["KAFKA_BOOTSTRAP_SERVERS"] is string legacy && !string.IsNullOrWhiteSpace(legacy))
        {
            values["Kafka:BootstrapServers"] = legacy;
        }

        foreach (var (key, value) in Section(environment, "Kafka__"))
        {
            values[key] = value;
        }

        if (result.GetValue(_servers) is { } servers)
        {
            values["Kafka:BootstrapServers"] = servers;
        }

        var errors = new ConfigurationErrors();
        foreach (var property in result.GetValue(_properties) ?? [])
        {
            var equals = property.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                errors.Add($"--property is {property} but must be NAME=VALUE.");
                continue;
            }

            values[$"Kafka:Properties:{property[..equals]}"] = property[(equals + 1)..];
        }

        var settings = KafkaSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), errors);
        errors.ThrowIfAny();
        return (settings, result.GetValue(_topic) ?? settings.Topics.Sensors);
    }

    private static Dictionary<string, string?> Section(IDictionary environment, string prefix) => environment.Cast<DictionaryEntry>()
        .Where(variable => variable is { Key: string name, Value: string } && name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        .ToDictionary(variable => ((string)variable.Key).Replace("__", ":", StringComparison.Ordinal), variable => (string?)variable.Value);
}
