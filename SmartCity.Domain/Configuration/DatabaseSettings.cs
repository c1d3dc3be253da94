using System.Data.Common;
using System.Text;

using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;

using Npgsql;

namespace SmartCity.Domain.Configuration;

/// <summary>The kinds of database the platform can keep its tables in.</summary>
public enum DatabaseProvider
{
    /// <summary>PostgreSQL (default).</summary>
    Postgres,

    /// <summary>SQLite: the embedded mode.</summary>
    Sqlite,
}

/// <summary><c>ConnectionStrings:SmartCity</c> and <c>Database:Provider</c> (<c>Postgres</c>, the default, or <c>Sqlite</c>).</summary>
public sealed record DatabaseSettings(DatabaseProvider Provider, string ConnectionString)
{
    /// <summary>The key of the connection string.</summary>
    public const string ConnectionStringKey = "ConnectionStrings:SmartCity";

    /// <summary>The key of the provider.</summary>
    public const string ProviderKey = "Database:Provider";

    private const string PostgresExample = "\"Host=localhost;Database=smartcity;Username=smartcity;Password=…\"";

    /// <summary>Host, port and database, or the file: for people; without user or password.</summary>
    public string Description => Provider == DatabaseProvider.Sqlite
        ? $"SQLite {new SqliteConnectionStringBuilder(ConnectionString).DataSource}"
        : new NpgsqlConnectionStringBuilder(ConnectionString) is var b ? $"PostgreSQL {b.Host}:{b.Port}/{b.Database}" : "";

    /// <summary>Reads the settings; what is wrong with them goes to <paramref name="errors"/>. A connection string is never printed: it holds a password.</summary>
    public static DatabaseSettings Read(IConfiguration configuration, ConfigurationErrors errors)
    {
        var reader = new SettingsReader(configuration, errors);
        var provider = reader.OneOf(
            ProviderKey, DatabaseProvider.Postgres, ("Postgres", DatabaseProvider.Postgres), ("PostgreSQL", DatabaseProvider.Postgres), ("Sqlite", DatabaseProvider.Sqlite));
        var example = provider == DatabaseProvider.Sqlite ? "\"Data Source=smartcity.db\"" : PostgresExample;
        if (reader.Text(ConnectionStringKey) is not { } text)
        {
            errors.Add(ConnectionStringKey, null, $"must say where the {provider} database is", example);
            return new(provider, Fallback(provider));
        }

        if (Check(provider, text) is { } rule)
        {
            errors.Add(ConnectionStringKey, ConfigurationErrors.Hidden, rule, example);
            return new(provider, Fallback(provider));
        }

        return new(provider, text);
    }

    // A record prints its members, and secrets must not reach a log.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(Description);
        return true;
    }

    private static string? Check(DatabaseProvider provider, string text)
    {
        try
        {
            DbConnectionStringBuilder parsed = provider == DatabaseProvider.Sqlite ? new SqliteConnectionStringBuilder(text) : new NpgsqlConnectionStringBuilder(text);
            return parsed switch
            {
                NpgsqlConnectionStringBuilder { Host: null or "" } => "must name a Host",
                NpgsqlConnectionStringBuilder { Database: null or "" } => "must name a Database",
                SqliteConnectionStringBuilder { DataSource: "" } => "must name a Data Source",
                _ => null,
            };
        }
        catch (ArgumentException error)
        {
            // The library's message names the keyword at fault, never a value.
            return $"must be a {provider} connection string ({error.Message.TrimEnd('.')})";
        }
    }

    private static string Fallback(DatabaseProvider provider) => provider == DatabaseProvider.Sqlite ? "Data Source=:memory:" : "Host=localhost;Database=smartcity";
}
