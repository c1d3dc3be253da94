using System.Data.Common;

using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

using Npgsql;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;

namespace SmartCity.Api.Database;

/// <summary>The API's way to the database. Waits are short: a caller would rather be told to come back than wait for half a minute.</summary>
internal sealed class CityDatabase
{
    private readonly DbContextOptions<SqliteDbContext>? _sqlite;
    private readonly DbContextOptions<PostgreSqlDbContext>? _postgres;

    public CityDatabase(DatabaseSettings settings)
    {
        Settings = settings;
        if (settings.Provider == DatabaseProvider.Sqlite)
        {
            _sqlite = new DbContextOptionsBuilder<SqliteDbContext>().UseSqlite(settings.ConnectionString).Options;
            return;
        }

        var connection = new NpgsqlConnectionStringBuilder(settings.ConnectionString);
        connection.ApplicationName ??= "smart-city-api";
        if (!connection.ContainsKey("Timeout"))
        {
            connection.Timeout = 3;
        }

        if (!connection.ContainsKey("Command Timeout"))
        {
            connection.CommandTimeout = 20;
        }

        _postgres = new DbContextOptionsBuilder<PostgreSqlDbContext>().UseNpgsql(connection.ConnectionString).Options;
    }

    public DatabaseSettings Settings { get; }

    /// <summary>A context for one request; it tracks nothing.</summary>
    public SmartCityDbContext Open()
    {
        SmartCityDbContext context = _sqlite is not null ? new SqliteDbContext(_sqlite) : new PostgreSqlDbContext(_postgres!);
        context.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        return context;
    }

    /// <summary>Finds the database's own error in what EF Core wrapped around it; null when the database is not at fault.</summary>
    public static DbException? ErrorIn(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is DbException found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>What to tell a caller about a database error: never the server's own words, which may name hosts and users.</summary>
    public static string Explain(DbException error) => error switch
    {
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn } or SqliteException { SqliteErrorCode: 1 }
            => "The database's schema is not up to date. Run the worker's migrate verb.",
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } or NpgsqlException { InnerException: TimeoutException }
            => "The database did not answer in time. Ask for a shorter range or fewer cities.",
        _ => "The database cannot be reached at the moment. Ingest and storage go on answering.",
    };
}
