using System.Data.Common;

using SmartCity.Domain.Data;
using SmartCity.Streams.Sinks.Database;

namespace SmartCity.Streams.Alerts;

/// <summary>The table <c>alerts</c> in the SQL that PostgreSQL and SQLite share, for use within a sink's transaction.</summary>
internal static class AlertTable
{
    public const string Columns = "id, rule, sensor_type, city, district, sensor_id, metric, direction, threshold, clear, severity, state, windows, value, peak, since, until, updated_at, notified";

    /// <summary>The alerts that a query gives, whose columns begin with <see cref="Columns"/>.</summary>
    public static async Task<List<AlertEntity>> ReadAsync(DbCommand command, CancellationToken cancellation)
    {
        var alerts = new List<AlertEntity>();
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                alerts.Add(Read(reader));
            }
        }

        return alerts;
    }

    public static AlertEntity Read(DbDataReader reader) => new()
    {
        Id = reader.GetString(0),
        Rule = reader.GetString(1),
        SensorType = reader.GetString(2),
        City = reader.GetString(3),
        District = reader.GetString(4),
        SensorId = reader.GetString(5),
        Metric = reader.IsDBNull(6) ? null : reader.GetString(6),
        Direction = reader.IsDBNull(7) ? null : reader.GetString(7),
        Threshold = reader.GetDouble(8),
        Clear = reader.IsDBNull(9) ? null : reader.GetDouble(9),
        Severity = reader.GetString(10),
        State = reader.GetString(11),
        Windows = reader.GetInt32(12),
        Value = reader.GetDouble(13),
        Peak = reader.GetDouble(14),
        Since = Utc(reader, 15),
        Until = reader.IsDBNull(16) ? null : Utc(reader, 16),
        UpdatedAt = Utc(reader, 17),
        Notified = reader.GetString(18),
    };

    /// <summary>Writes an alert as it is now. A new one gives way to one that another worker has opened for the same rule and place.</summary>
    public static Task WriteAsync(DbConnection connection, DbTransaction transaction, AlertEntity alert, bool isNew, CancellationToken cancellation)
        => Sql.ExecuteAsync(
            Sql.Command(
                connection, transaction,
                isNew
                    ? $"""
                        INSERT INTO alerts ({Columns}) VALUES (@id, @rule, @type, @city, @district, @sensor, @metric, @direction, @threshold, @clear, @severity, @state, @windows, @value, @peak,
                          @since, @until, @updated, '') ON CONFLICT DO NOTHING
                        """
                    : "UPDATE alerts SET state = @state, windows = @windows, value = @value, peak = @peak, until = @until, updated_at = @updated WHERE id = @id",
                ("id", alert.Id), ("rule", alert.Rule), ("type", alert.SensorType), ("city", alert.City), ("district", alert.District), ("sensor", alert.SensorId),
                ("metric", Text(alert.Metric)), ("direction", Text(alert.Direction)), ("threshold", alert.Threshold), ("clear", Number(alert.Clear)), ("severity", alert.Severity),
                ("state", alert.State), ("windows", alert.Windows), ("value", alert.Value), ("peak", alert.Peak), ("since", alert.Since), ("until", Time(alert.Until)), ("updated", alert.UpdatedAt)),
            cancellation);

    public static Task ForgetAsync(DbConnection connection, DbTransaction transaction, AlertEntity alert, CancellationToken cancellation)
        => Sql.ExecuteAsync(Sql.Command(connection, transaction, "DELETE FROM alerts WHERE id = @id AND state = 'pending'", ("id", alert.Id)), cancellation);

    public static DateTime Utc(DbDataReader reader, int ordinal) => DateTime.SpecifyKind(reader.GetDateTime(ordinal), DateTimeKind.Utc);

    // PostgreSQL wants to know the type of a null.
    private static object Text(string? text) => text ?? (object)DBNull.Value;

    private static object Number(double? number) => number ?? (object)DBNull.Value;

    private static object Time(DateTime? time) => time ?? (object)DBNull.Value;
}
