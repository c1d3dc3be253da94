using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

using Npgsql;

using SmartCity.Domain.Configuration;

namespace SmartCity.Domain.Data;

/// <summary>Brings a database's schema up to date. Safe when several processes do it at once: one migrates, the others wait and find nothing to do.</summary>
public static class Migrator
{
    /// <summary>Any number, as long as every process uses the same one and no one else in the database does.</summary>
    private const long AdvisoryLock = 0x534D_4349_5459_0001;

    /// <summary>Creates the database where it is missing and may be made, applies what is pending and returns the names of what was applied.</summary>
    public static Task<IReadOnlyList<string>> MigrateAsync(DatabaseSettings settings, CancellationToken cancellationToken) =>
        settings.Provider == DatabaseProvider.Sqlite
            ? MigrateSqliteAsync(settings, cancellationToken)
            : MigratePostgreSqlAsync(settings, cancellationToken);

    /// <summary>The migrations this program knows and the database lacks, oldest first; empty when the schema is up to date.</summary>
    public static async Task<IReadOnlyList<string>> PendingAsync(DatabaseSettings settings, CancellationToken cancellationToken)
    {
        await using var context = settings.CreateContext();
        return [.. await context.Database.GetPendingMigrationsAsync(cancellationToken)];
    }

    private static async Task<IReadOnlyList<string>> MigratePostgreSqlAsync(DatabaseSettings settings, CancellationToken cancellationToken)
    {
        await using var context = settings.CreateContext();
        await CreateDatabaseIfMissingAsync(context, cancellationToken);

        // Not pooled: closing the connection is what releases the lock, whatever happens in between.
        var unpooled = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false };
        await using var holder = new NpgsqlConnection(unpooled.ConnectionString);
        await holder.OpenAsync(cancellationToken);
        await using (var take = new NpgsqlCommand("SELECT pg_advisory_lock($1)", holder) { CommandTimeout = 0 })
        {
            take.Parameters.Add(new NpgsqlParameter<long> { TypedValue = AdvisoryLock });
            await take.ExecuteNonQueryAsync(cancellationToken);
        }

        return await ApplyAsync(context, cancellationToken);
    }

    private static async Task CreateDatabaseIfMissingAsync(SmartCityDbContext context, CancellationToken cancellationToken)
    {
        var creator = context.GetService<IRelationalDatabaseCreator>();
        if (await creator.ExistsAsync(cancellationToken))
        {
            return;
        }

        try
        {
            await creator.CreateAsync(cancellationToken);
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another process made it in the same moment.
        }
    }

    private static async Task<IReadOnlyList<string>> MigrateSqliteAsync(DatabaseSettings settings, CancellationToken cancellationToken)
    {
        var file = new SqliteConnectionStringBuilder(settings.ConnectionString).DataSource;
        bool isInMemory = file.Length == 0 || file.Contains(":memory:", StringComparison.Ordinal);
        await using var fileLock = isInMemory ? null : await LockFileAsync(file + ".migrating", cancellationToken);
        await using var context = settings.CreateContext();
        if (!isInMemory)
        {
            // EF's own lock is a row that a killed process leaves behind, and everyone after it waits for ever. The file lock dies with its process, so whoever
            // holds it may sweep that row away.
            await context.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", cancellationToken);
            await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellationToken);
        }

        return await ApplyAsync(context, cancellationToken);
    }

    private static async Task<FileStream> LockFileAsync(string path, CancellationToken cancellationToken)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }
        }
    }

    private static async Task<IReadOnlyList<string>> ApplyAsync(SmartCityDbContext context, CancellationToken cancellationToken)
    {
        string[] pending = [.. await context.Database.GetPendingMigrationsAsync(cancellationToken)];
        await context.Database.MigrateAsync(cancellationToken);
        return pending;
    }
}
