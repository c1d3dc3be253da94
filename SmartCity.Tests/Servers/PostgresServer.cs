using Npgsql;

namespace SmartCity.Tests.Servers;

/// <summary>A PostgreSQL server on which tests may create databases and end connections.</summary>
internal abstract class PostgresServer : TestServer
{
    private int _databases;

    /// <summary>Connects to the server's maintenance database as one who may create databases.</summary>
    public abstract string ConnectionString { get; }

    /// <summary>The server that SMARTCITY_TEST_POSTGRES (an Npgsql connection string) names.</summary>
    public static Task<Found<PostgresServer>> FromEnvironment()
        => Task.FromResult(Environment.GetEnvironmentVariable("SMARTCITY_TEST_POSTGRES") is { Length: > 0 } connectionString
            ? Found<PostgresServer>.Here(new Given(connectionString))
            : Found<PostgresServer>.Not("SMARTCITY_TEST_POSTGRES is not set"));

    /// <summary>Creates an empty database and returns the connection string to it.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        string name = $"test_{Environment.ProcessId}_{Guid.NewGuid():N}_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync($"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Ends every connection to the database that <paramref name="connectionString"/> names, as an administrator or a failover would.</summary>
    public Task TerminateConnectionsAsync(string connectionString)
        => ExecuteAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", new NpgsqlConnectionStringBuilder(connectionString).Database!);

    private async Task ExecuteAsync(string sql, params string[] parameters)
    {
        await using var connection = new NpgsqlConnection(Unpooled(ConnectionString));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (string parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        await command.ExecuteNonQueryAsync();
    }

    /// <summary>True when the server takes connections.</summary>
    protected static async Task<bool> AnswersAsync(string connectionString)
    {
        try
        {
            await using var connection = new NpgsqlConnection(Unpooled(connectionString));
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static string Unpooled(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;

    private sealed class Given(string connectionString) : PostgresServer
    {
        public override string Origin => $"{new NpgsqlConnectionStringBuilder(ConnectionString).Host}, from SMARTCITY_TEST_POSTGRES";

        public override string ConnectionString => connectionString;
    }
}
