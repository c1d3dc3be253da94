using System.Data.Common;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Alerts;
using SmartCity.Streams.City;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>
/// Moves the progress of cities on that have no rows to move it: what their window task says of itself holds for them too. It travels on another topic than the rows it
/// speaks of, so it is believed only when it was told just now (who catches up with a backlog reads the rows of hours meanwhile), and then a minute later.
/// </summary>
internal sealed class SilentCities(TimeProvider clock)
{
    private static readonly TimeSpan JustNow = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    private readonly Dictionary<(int Task, int Tasks), Heard> _heard = [];

    /// <summary>The greatest watermark of each type and city, in an order that every worker keeps: what the batch's rows carry, and what window tasks said a minute ago.</summary>
    public async Task<KeyValuePair<(string Type, string City), Progress>[]> WatermarksAsync(
        DbConnection connection, DbTransaction transaction, IReadOnlyList<PartitionRows> batch, CancellationToken cancellation)
    {
        foreach (var progress in batch.SelectMany(rows => rows.Told))
        {
            Listen(progress);
        }

        var ofRows = SmallTables.Watermarks(batch);
        var due = _heard.Where(task => clock.GetElapsedTime(task.Value.At) >= Settled).ToDictionary(task => task.Key, task => task.Value.Progress);
        if (due.Count == 0)
        {
            return ofRows;
        }

        // Should this transaction fail, the next word of the task makes up for it.
        foreach (var task in due.Keys)
        {
            _heard.Remove(task);
        }

        return [.. ofRows.Concat(await BehindAsync(connection, transaction, due, cancellation))
            .GroupBy(row => row.Key)
            .Select(versions => versions.MaxBy(row => row.Value.WatermarkMs))
            .OrderBy(row => row.Key.Type, StringComparer.Ordinal).ThenBy(row => row.Key.City, StringComparer.Ordinal)];
    }

    private void Listen(TaskProgress progress)
    {
        long age = Math.Abs(clock.GetUtcNow().ToUnixTimeMilliseconds() - progress.ProcessingTimeMs);
        if (age <= JustNow.TotalMilliseconds)
        {
            _heard.TryAdd((progress.Task, progress.Tasks), new Heard(clock.GetTimestamp(), progress));
        }
    }

    private static async Task<List<KeyValuePair<(string Type, string City), Progress>>> BehindAsync(
        DbConnection connection, DbTransaction transaction, Dictionary<(int Task, int Tasks), TaskProgress> due, CancellationToken cancellation)
    {
        var behind = new List<KeyValuePair<(string, string), Progress>>();
        await using var command = Sql.Command(connection, transaction, "SELECT sensor_type, city, watermark FROM stream_progress");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var (type, city, watermark) = (reader.GetString(0), reader.GetString(1), AlertTable.Utc(reader, 2));
            if (SensorTypes.All.FirstOrDefault(known => known.Name == type) is not { } definition)
            {
                continue;
            }

            foreach (var (task, progress) in due)
            {
                if (WindowTable.Utc(progress.WatermarkMs) > watermark && GroupKeySerde.TaskOf(definition.Type, city, task.Tasks) == task.Task)
                {
                    behind.Add(new((type, city), new Progress(progress.WatermarkMs, progress.ProcessingTimeMs)));
                }
            }
        }

        return behind;
    }

    private readonly record struct Heard(long At, TaskProgress Progress);
}
