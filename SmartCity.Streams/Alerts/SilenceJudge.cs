using System.Data.Common;

using SmartCity.Domain.Data;
using SmartCity.Streams.Sinks.Database;

namespace SmartCity.Streams.Alerts;

/// <summary>
/// The built-in rule <c>sensor_silent</c>: a sensor that has not been heard of for ten of its own intervals, and at least 15 minutes. It is over when the sensor is heard of
/// again, or after seven days, when nobody expects it any more.
/// </summary>
internal static class SilenceJudge
{
    public const string Rule = "sensor_silent";

    private static readonly TimeSpan LeastSilence = TimeSpan.FromMinutes(15), Gone = TimeSpan.FromDays(7);

    /// <summary>Judges all sensors as of a stream time.</summary>
    public static async Task JudgeAsync(DbConnection connection, DbTransaction transaction, DateTime asOf, DateTime now, CancellationToken cancellation)
    {
        foreach (var alert in await OverAsync(connection, transaction, asOf, now, cancellation))
        {
            await AlertTable.WriteAsync(connection, transaction, alert, isNew: false, cancellation);
        }

        foreach (var alert in await NewAsync(connection, transaction, asOf, now, cancellation))
        {
            await AlertTable.WriteAsync(connection, transaction, alert, isNew: true, cancellation);
        }
    }

    private static async Task<List<AlertEntity>> OverAsync(DbConnection connection, DbTransaction transaction, DateTime asOf, DateTime now, CancellationToken cancellation)
    {
        var over = new List<AlertEntity>();
        string columns = string.Join(", ", AlertTable.Columns.Split(", ").Select(column => "a." + column));
        await using var command = Sql.Command(
            connection, transaction,
            $"SELECT {columns}, s.last_seen FROM alerts a JOIN sensors s ON s.sensor_id = a.sensor_id WHERE a.rule = @rule AND a.state = 'firing' AND (s.last_seen > a.since OR a.since < @gone) ORDER BY a.id",
            ("rule", Rule), ("gone", asOf - Gone));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var alert = AlertTable.Read(reader);
            var lastSeen = AlertTable.Utc(reader, 19);
            alert.State = AlertEntity.Resolved;
            alert.Until = lastSeen > alert.Since ? lastSeen : alert.Since + Gone;
            alert.Value = alert.Peak = (alert.Until.Value - alert.Since).TotalSeconds;
            alert.UpdatedAt = now;
            over.Add(alert);
        }

        return over;
    }

    private static async Task<List<AlertEntity>> NewAsync(DbConnection connection, DbTransaction transaction, DateTime asOf, DateTime now, CancellationToken cancellation)
    {
        var silent = new List<AlertEntity>();
        await using var command = Sql.Command(
            connection, transaction,
            """
            SELECT s.sensor_id, s.sensor_type, s.city, s.district, s.last_seen, s.interval_ms FROM sensors s
            WHERE s.last_seen < @silent AND s.last_seen > @gone
              AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.rule = @rule AND a.city = s.city AND a.district = s.district AND a.sensor_id = s.sensor_id AND a.state <> 'resolved')
            ORDER BY s.sensor_id
            """,
            ("silent", asOf - LeastSilence), ("gone", asOf - Gone), ("rule", Rule));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var lastSeen = AlertTable.Utc(reader, 4);
            var interval = TimeSpan.FromMilliseconds(reader.IsDBNull(5) ? 0 : reader.GetInt64(5));
            var allowed = 10 * interval > LeastSilence ? 10 * interval : LeastSilence;
            if (asOf - lastSeen > allowed)
            {
                silent.Add(new AlertEntity
                {
                    Id = $"{Rule}|{reader.GetString(0)}|{lastSeen:yyyy-MM-dd'T'HH:mm:ss'Z'}",
                    Rule = Rule,
                    SensorId = reader.GetString(0),
                    SensorType = reader.GetString(1),
                    City = reader.GetString(2),
                    District = reader.GetString(3),
                    Threshold = allowed.TotalSeconds,
                    Severity = "info",
                    State = AlertEntity.Firing,
                    Value = (asOf - lastSeen).TotalSeconds,
                    Peak = (asOf - lastSeen).TotalSeconds,
                    Since = lastSeen,
                    UpdatedAt = now,
                });
            }
        }

        return silent;
    }
}
