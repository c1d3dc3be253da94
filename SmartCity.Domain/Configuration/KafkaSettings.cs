using System.Globalization;
using System.Text;

using Confluent.Kafka;

using Microsoft.Extensions.Configuration;

namespace SmartCity.Domain.Configuration;

/// <summary>
/// Section <c>Kafka</c>: how to reach the brokers. <c>BootstrapServers</c> is required; <c>SecurityProtocol</c>, <c>SaslMechanism</c>, <c>SaslUsername</c>,
/// <c>SaslPassword</c>, <c>SslCaLocation</c>, <c>SslCertificateLocation</c>, <c>SslKeyLocation</c>, <c>SslKeyPassword</c> have librdkafka's meaning, and
/// <c>Kafka:Properties:NAME</c> sets any other librdkafka property for every client. <c>Kafka:TopicPrefix</c> goes in front of every topic's name.
/// </summary>
public sealed record KafkaSettings
{
    /// <summary>The section's name.</summary>
    public const string Section = "Kafka";

    private static readonly (string Key, string Property)[] Named =
    [
        ("SaslUsername", "sasl.username"), ("SaslPassword", "sasl.password"), ("SslCaLocation", "ssl.ca.location"),
        ("SslCertificateLocation", "ssl.certificate.location"), ("SslKeyLocation", "ssl.key.location"), ("SslKeyPassword", "ssl.key.password"),
    ];

    /// <summary>The first brokers to ask, <c>host:port</c> with commas between.</summary>
    public required string BootstrapServers { get; init; }

    /// <summary>The topics' names: <c>Kafka:TopicPrefix</c> goes in front of each. Default: no prefix.</summary>
    public TopicNames Topics { get; init; } = TopicNames.Default;

    /// <summary>librdkafka properties for every client, <c>bootstrap.servers</c> among them. Holds secrets: never print it.</summary>
    public required IReadOnlyDictionary<string, string> ClientProperties { get; init; }

    /// <summary>Settings for brokers at an address, with nothing else.</summary>
    public static KafkaSettings For(string bootstrapServers) => new()
    {
        BootstrapServers = bootstrapServers,
        ClientProperties = new Dictionary<string, string>(StringComparer.Ordinal) { ["bootstrap.servers"] = bootstrapServers },
    };

    /// <summary>
    /// For a consumer that joins no group and commits nothing: it looks at logs and at what groups have committed. It names a group because it must. Its session, which it never has, is the shortest
    /// there is: librdkafka refuses one that is longer than <c>max.poll.interval.ms</c>, which may be set for the workers' sake. And it asks every few seconds who coordinates the group: without
    /// being told, librdkafka asks a dead coordinator for up to ten minutes.
    /// </summary>
    /// <param name="group">The group that is asked about, or any name.</param>
    /// <param name="clientId">What brokers' logs call it.</param>
    public ConsumerConfig Onlooker(string group, string clientId) => new(new Dictionary<string, string>(ClientProperties, StringComparer.Ordinal))
    {
        GroupId = group,
        ClientId = clientId,
        AllowAutoCreateTopics = false,
        EnableAutoCommit = false,
        EnableAutoOffsetStore = false,
        SessionTimeoutMs = 1,
        HeartbeatIntervalMs = 1,
        CoordinatorQueryIntervalMs = 5000,
    };

    /// <summary>Reads the section; what is wrong with it goes to <paramref name="errors"/>.</summary>
    public static KafkaSettings Read(IConfiguration configuration, ConfigurationErrors errors)
    {
        var reader = new SettingsReader(configuration, errors);
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in reader.All($"{Section}:Properties"))
        {
            properties[name] = value;
        }

        var servers = reader.Required($"{Section}:BootstrapServers", "must name at least one broker", "localhost:9092");
        CheckServers(servers, errors);
        properties["bootstrap.servers"] = servers;
        ReadSecurity(reader, properties);
        foreach (var (key, property) in Named)
        {
            if (reader.Text($"{Section}:{key}") is { } value)
            {
                properties[property] = value;
            }
        }

        CheckSecurity(properties, errors);
        var prefix = reader.Text($"{Section}:TopicPrefix") ?? "";
        if (prefix.Length > 100 || !prefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
        {
            errors.Add($"{Section}:TopicPrefix", prefix, "must be at most 100 letters, digits, dots, hyphens and underscores", "test.");
        }

        reader.RejectUnknown(Section);
        CheckWithLibrary(properties, errors);
        return new() { BootstrapServers = servers, ClientProperties = properties, Topics = TopicNames.WithPrefix(prefix) };
    }

    // A record prints its members, and secrets must not reach a log.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"BootstrapServers = {BootstrapServers}, TopicPrefix = {Topics.Prefix}");
        return true;
    }

    /// <summary>
    /// Only librdkafka knows all of its properties and what they may be (a certificate file must be there, for one): a client made of them says so. It is closed
    /// before it has connected anywhere.
    /// </summary>
    private static void CheckWithLibrary(Dictionary<string, string> properties, ConfigurationErrors errors)
    {
        try
        {
            new AdminClientBuilder(properties).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build().Dispose();
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException or KafkaException)
        {
            errors.Add($"The Kafka client refuses its settings ({error.Message.TrimEnd('.')}). Correct the Kafka__ or Kafka__Properties__ variable that sets it.");
        }
    }

    private static void CheckServers(string servers, ConfigurationErrors errors)
    {
        foreach (var server in servers.Split(',', StringSplitOptions.TrimEntries))
        {
            var address = server[(server.LastIndexOf("//", StringComparison.Ordinal) is var slashes and >= 0 ? slashes + 2 : 0)..];
            var colon = address.LastIndexOf(':');
            if (colon < 1 || !ushort.TryParse(address.AsSpan(colon + 1), out var port) || port == 0)
            {
                errors.Add($"{Section}:BootstrapServers", servers, "every broker in it must be host:port", "localhost:9092");
                return;
            }
        }
    }

    private static void ReadSecurity(SettingsReader reader, Dictionary<string, string> properties)
    {
        var protocol = reader.OneOf<string?>(
            $"{Section}:SecurityProtocol", null, ("Plaintext", "plaintext"), ("Ssl", "ssl"), ("SaslPlaintext", "sasl_plaintext"), ("SaslSsl", "sasl_ssl"),
            ("sasl_plaintext", "sasl_plaintext"), ("sasl_ssl", "sasl_ssl"));
        if (protocol is not null)
        {
            properties["security.protocol"] = protocol;
        }

        var mechanism = reader.OneOf<string?>(
            $"{Section}:SaslMechanism", null, ("PLAIN", "PLAIN"), ("SCRAM-SHA-256", "SCRAM-SHA-256"), ("SCRAM-SHA-512", "SCRAM-SHA-512"),
            ("ScramSha256", "SCRAM-SHA-256"), ("ScramSha512", "SCRAM-SHA-512"), ("GSSAPI", "GSSAPI"), ("OAUTHBEARER", "OAUTHBEARER"));
        if (mechanism is not null)
        {
            properties["sasl.mechanism"] = mechanism;
        }
    }

    private static void CheckSecurity(Dictionary<string, string> properties, ConfigurationErrors errors)
    {
        var protocol = properties.GetValueOrDefault("security.protocol", "plaintext");
        var mechanism = properties.GetValueOrDefault("sasl.mechanism") ?? properties.GetValueOrDefault("sasl.mechanisms");
        if (!protocol.StartsWith("sasl", StringComparison.OrdinalIgnoreCase))
        {
            if (mechanism is not null || properties.ContainsKey("sasl.username"))
            {
                errors.Add($"{Section}:SecurityProtocol", protocol, "must be SaslSsl or SaslPlaintext where SASL settings are given", "SaslSsl");
            }

            return;
        }

        var needsPassword = mechanism is not null && (mechanism == "PLAIN" || mechanism.StartsWith("SCRAM", StringComparison.Ordinal));
        if (mechanism is null)
        {
            errors.Add($"{Section}:SaslMechanism", null, "must be named where SecurityProtocol is " + protocol, "SCRAM-SHA-512");
        }

        if (needsPassword && !properties.ContainsKey("sasl.username"))
        {
            errors.Add($"{Section}:SaslUsername", null, "must be set for " + mechanism, "smart-city");
        }

        if (needsPassword && !properties.ContainsKey("sasl.password"))
        {
            errors.Add($"{Section}:SaslPassword", null, "must be set for " + mechanism, "…");
        }
    }
}
