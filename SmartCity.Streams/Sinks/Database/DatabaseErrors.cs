using System.Data.Common;
using System.Net.Sockets;
using System.Security.Authentication;

using Microsoft.Data.Sqlite;

using Npgsql;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>Which faults of a database pass by themselves, and how to say any of them in one line.</summary>
internal static class DatabaseErrors
{
    /// <summary>SQLite's BUSY and LOCKED: another connection is writing.</summary>
    private const int SqliteBusy = 5, SqliteLocked = 6;

    /// <summary>The window's partition was dropped just now, because it is too old to be kept: the next attempt makes it again.</summary>
    private const string NoPartition = PostgresErrorCodes.CheckViolation;

    /// <summary>True for anything the database or the way to it has thrown.</summary>
    public static bool IsOfDatabase(Exception error) => Bare(error) is DbException or SocketException or TimeoutException or IOException;

    /// <summary>
    /// True for what an outage, a failover, a restart or a fellow writer causes, and for what only an administrator can mend while the worker waits (a missing
    /// password, a full disk). False for what would fail in the same way for ever: a missing table, a value that does not fit.
    /// </summary>
    public static bool IsTemporary(Exception error) => Bare(error) switch
    {
        PostgresException postgres => postgres.IsTransient || IsOutage(postgres.SqlState),
        SqliteException sqlite => sqlite.SqliteErrorCode is SqliteBusy or SqliteLocked,
        NpgsqlException or SocketException or TimeoutException or IOException => true,
        _ => false,
    };

    /// <summary>One line: the database's own words, or the reason why it cannot be reached.</summary>
    public static string Describe(Exception error)
    {
        var text = Bare(error) switch
        {
            PostgresException postgres => $"{postgres.SqlState}: {postgres.MessageText}",
            OperationCanceledException => "it did not answer in time",
            { InnerException: SocketException socket } => socket.Message,
            { InnerException: TimeoutException timeout } => timeout.Message,
            { InnerException: IOException broken } => broken.Message,
            { InnerException: AuthenticationException refused } => refused.Message, // TLS: why the certificate will not do
            var other => other.Message,
        };
        return text.ReplaceLineEndings(" ").TrimEnd('.', ' ');
    }

    /// <summary>EF Core wraps what a query throws that might pass by itself ("likely due to a transient failure").</summary>
    private static Exception Bare(Exception error) => error is InvalidOperationException { InnerException: DbException inner } ? inner : error;

    // Classes 08 connection, 25 transaction state after a failover (read-only), 28 authorization, 40 rollback, 53 resources, 55 object in use, 57 operator, 58 system.
    private static bool IsOutage(string state)
        => state.Length == 5 && (state[..2] is "08" or "28" or "40" or "53" or "55" or "57" or "58" || state is "25006" or PostgresErrorCodes.InvalidCatalogName or NoPartition);
}
