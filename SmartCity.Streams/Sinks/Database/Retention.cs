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
    public async Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancellation)
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
            await RemoveAsync(context, type, isAligned: false, Before(end, options.Sliding), removed, cancellation);
            await RemoveAsync(context, type, isAligned: true, Before(end, options.Aligned), removed, cancellation);
        }

        var before = Before(clock.GetUtcNow().UtcDateTime, options.History);
        Note(removed, "quality_hourly", await context.QualityHours.Where(row => row.Hour < before).ExecuteDeleteAsync(cancellation));
        Note(removed, "alerts", await context.Alerts.Where(row => row.State == AlertEntity.Resolved && row.UpdatedAt < before).ExecuteDeleteAsync(cancellation));
        return removed;
    }

    private static async Task RemoveAsync(
        SmartCityDbContext context, SensorTypeDefinition type, bool isAligned, DateTime before, List<string> removed, CancellationToken cancellation)
    {
        if (context.Database.IsNpgsql())
        {
            await context.Database.OpenConnectionAsync(cancellation);
            removed.AddRange(await WindowPartitions.DropAsync((NpgsqlConnection)context.Database.GetDbConnection(), type.Table, isAligned, before, cancellation));
        }
        else
        {
            Note(removed, type.Table, await context.Windows(type).Where(row => row.Aligned == isAligned && row.WindowStart < before).ExecuteDeleteAsync(cancellation));
        }
    }

    private static DateTime Before(DateTime end, TimeSpan kept) => end - DateTime.MinValue > kept ? end - kept : DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);

    private static void Note(List<string> removed, string table, int rows)
    {
        if (rows > 0)
        {
            removed.Add($"{rows} rows of {table}");
        }
    }
}
