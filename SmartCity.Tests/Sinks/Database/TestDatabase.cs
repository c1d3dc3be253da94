using System.Data.Common;
using System.Globalization;

using Microsoft.Data.Sqlite;

using Npgsql;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Sinks.Database;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Sinks.Database;

/// <summary>A migrated database of a test's own, with a way to look at it that uses nothing of the sink.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly string? _folder;

    private TestDatabase(DatabaseSettings settings, string? folder) => (Settings, _folder) = (settings, folder);

    public DatabaseSettings Settings { get; }

    public static async Task<TestDatabase> CreateAsync(DatabaseProvider provider)
    {
        string? folder = provider == DatabaseProvider.Sqlite ? Scratch.Folder("sqlite") : null;
        string connectionString = folder is null ? await (await TestServers.PostgresAsync()).CreateDatabaseAsync() : $"Data Source={Path.Combine(folder, "city.db")}";
        var database = new TestDatabase(new(provider, connectionString), folder);
        await Migrator.MigrateAsync(database.Settings, default);
        return database;
    }

    public IDatabaseWriter Writer(bool adopt = false) => Settings.Provider == DatabaseProvider.Sqlite
        ? new SqliteWriter(Settings.ConnectionString, "postgres", adopt)
        : new PostgresWriter(Settings.ConnectionString, "postgres", adopt);

    /// <summary>Every row that a query gives, as text: values with | between, in the order of the query.</summary>
    public async Task<IReadOnlyList<string>> QueryAsync(string sql)
    {
        await using DbConnection connection =
            Settings.Provider == DatabaseProvider.Sqlite ? new SqliteConnection(Settings.ConnectionString) : new NpgsqlConnection(Settings.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(index => Text(reader, index))));
        }

        return rows;
    }

    public async Task<string> ScalarAsync(string sql) => (await QueryAsync(sql)).Single();

    /// <summary>Everything the sink writes.</summary>
    public async Task<IReadOnlyList<string>> DumpAsync()
    {
        var all = new List<string>();
        foreach (string table in (string[])[.. SensorTypes.All.Select(type => type.Table), "sensors", "stream_progress", "quality_hourly", "sink_offsets"])
        {
            all.AddRange((await QueryAsync($"SELECT * FROM {table}")).Select(row => $"{table}|{row}").Order(StringComparer.Ordinal));
        }

        return all;
    }

    public ValueTask DisposeAsync()
    {
        if (_folder is not null)
        {
            SqliteConnection.ClearAllPools();
            Scratch.Remove(_folder);
        }

        return ValueTask.CompletedTask;
    }

    private static string Text(DbDataReader reader, int index) => reader.IsDBNull(index)
        ? "null"
        : reader.GetValue(index) switch
        {
            DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss.FFF", CultureInfo.InvariantCulture),
            bool flag => flag ? "1" : "0",
            var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
}
