using Microsoft.EntityFrameworkCore;

using Npgsql;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>Removes what is older than the database is to keep: in PostgreSQL by dropping partitions, in SQLite by deleting rows. Does the same when done twice.</summary>
internal sealed class Retention(DatabaseSettings database, RetentionOptions options, TimeProvider clock)
{
    /// <summary>Does it once, and says what was removed.</summary>
    public Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancellation) => RunAsync(apply: true, cancellation);

    /// <summary>Says what would be removed now.</summary>
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation) => RunAsync(apply: false, cancellation);

    private async Task<IReadOnlyList<string>> RunAsync(bool apply, CancellationToken cancellation)
    {
        var removed = new List<string>();
        await using var context = database.CreateContext();
        foreach (var type in SensorTypes.All)
        {
            if (await context.Windows(type).MaxAsync(row => (DateTime?)row.WindowStart, cancellation) is not { } newest)
            {
                continue;
            }

            var now = clock.GetUtcNow().UtcDateTime;
            var end = newest < now ? newest : now;
            await RemoveAsync(context, type, isAligned: false, Before(end, options.Sliding), apply, removed, cancellation);
            await RemoveAsync(context, type, isAligned: true, Before(end, options.Aligned), apply, removed, cancellation);
        }

        var before = Before(clock.GetUtcNow().UtcDateTime, options.History);
        Note(removed, "quality_hourly", await RemoveAsync(context.QualityHours.Where(row => row.Hour < before), apply, cancellation));
        Note(removed, "alerts", await RemoveAsync(context.Alerts.Where(row => row.State == AlertEntity.Resolved && row.UpdatedAt < before), apply, cancellation));
        return removed;
    }

    private static async Task RemoveAsync(
        SmartCityDbContext context, SensorTypeDefinition type, bool isAligned, DateTime before, bool apply, List<string> removed, CancellationToken cancellation)
    {
        if (context.Database.IsNpgsql())
        {
            await context.Database.OpenConnectionAsync(cancellation);
            var connection = (NpgsqlConnection)context.Database.GetDbConnection();
            removed.AddRange(apply
                ? await WindowPartitions.DropAsync(connection, type.Table, isAligned, before, cancellation)
                : await WindowPartitions.ListAsync(connection, type.Table, isAligned, before, cancellation));
        }
        else
        {
            Note(removed, type.Table, await RemoveAsync(context.Windows(type).Where(row => row.Aligned == isAligned && row.WindowStart < before), apply, cancellation));
        }
    }

    private static Task<int> RemoveAsync<T>(IQueryable<T> rows, bool apply, CancellationToken cancellation) => apply ? rows.ExecuteDeleteAsync(cancellation) : rows.CountAsync(cancellation);

    private static DateTime Before(DateTime end, TimeSpan kept) => end - DateTime.MinValue > kept ? end - kept : DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);

    private static void Note(List<string> removed, string table, int rows)
    {
        if (rows > 0)
        {
            removed.Add($"{rows} rows of {table}");
        }
    }
}
