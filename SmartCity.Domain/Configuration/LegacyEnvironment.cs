using System.Collections;
using System.Globalization;

using Microsoft.Extensions.Configuration;

using Npgsql;

namespace SmartCity.Domain.Configuration;

/// <summary>
/// The environment variables of the Python platform that this one replaces, as fallbacks: <c>KAFKA_BOOTSTRAP_SERVERS</c>, <c>DB_HOST</c>, <c>DB_PORT</c>,
/// <c>DB_NAME</c>, <c>DB_USER</c>, <c>DB_PASSWORD</c> and <c>PORT</c> (which sets <c>Api:Port</c>). Every other source of configuration wins over them.
/// </summary>
public static class LegacyEnvironment
{
    /// <summary>Adds them below every source there is, so defaults for the same keys must not stand in <c>appsettings.json</c>.</summary>
    public static IConfigurationBuilder AddLegacyEnvironment(this IConfigurationBuilder builder)
        => builder.AddLegacyEnvironment(Environment.GetEnvironmentVariables());

    internal static IConfigurationBuilder AddLegacyEnvironment(this IConfigurationBuilder builder, IDictionary variables)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Sources.Insert(0, new Source(variables));
        return builder;
    }

    private sealed class Source(IDictionary variables) : IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider(variables);
    }

    private sealed class Provider(IDictionary variables) : ConfigurationProvider
    {
        public override void Load()
        {
            if (Variable("KAFKA_BOOTSTRAP_SERVERS") is { } servers)
            {
                Set($"{KafkaSettings.Section}:BootstrapServers", servers);
            }

            if (Variable("PORT") is { } port)
            {
                Set("Api:Port", port);
            }

            if (Variable("DB_HOST") is { } host)
            {
                Set(DatabaseSettings.ConnectionStringKey, ConnectionString(host));
            }
        }

        private string ConnectionString(string host)
        {
            var builder = new NpgsqlConnectionStringBuilder { Host = host, Database = Variable("DB_NAME") ?? "smartcity" };
            if (Variable("DB_USER") is { } user)
            {
                builder.Username = user;
            }

            if (Variable("DB_PASSWORD") is { } password)
            {
                builder.Password = password;
            }

            if (Variable("DB_PORT") is not { } port)
            {
                return builder.ConnectionString;
            }

            if (int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65536)
            {
                builder.Port = number;
                return builder.ConnectionString;
            }

            // Kept as it is: reading the database settings then says that the connection string's port is no number.
            return $"{builder.ConnectionString};Port={port}";
        }

        private string? Variable(string name) => variables[name] is string value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
    }
}
