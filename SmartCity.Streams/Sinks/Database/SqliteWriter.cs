using Microsoft.Data.Sqlite;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Alerts;
using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>Writes to SQLite, for the embedded mode: prepared upserts in one immediate transaction, which is also the fence, since it admits one writer at a time.</summary>
internal sealed class SqliteWriter(string connectionString, string sink, bool adoptNewLog, AlertJudge? alerts = null, TimeProvider? clock = null) : IDatabaseWriter
{
    private readonly SilentCities _silent = new(clock ?? TimeProvider.System);
    private SqliteConnection? _connection;

    public async Task<IReadOnlyDictionary<int, long>> LoadAsync(SourceLog log, IReadOnlyDictionary<int, long> starts, CancellationToken cancellation)
    {
        var connection = await OpenAsync(cancellation);
        await using var transaction = connection.BeginTransaction(deferred: false);
        var offsets = await SinkOffsets.LoadAsync(connection, transaction, sink, log, starts, adoptNewLog, cancellation);
        await transaction.CommitAsync(cancellation);
        return offsets;
    }

    public async Task<bool> WriteAsync(IReadOnlyList<PartitionRows> batch, CancellationToken cancellation)
    {
        var connection = await OpenAsync(cancellation);
        await using var transaction = connection.BeginTransaction(deferred: false);
        foreach (var rows in batch)
        {
            if (await SinkOffsets.ReadAsync(connection, transaction, sink, rows.Log, rows.Partition, cancellation) != rows.First)
            {
                return false;
            }
        }

        foreach (var group in batch.SelectMany(rows => rows.Windows).GroupBy(row => row.Group.Type))
        {
            WriteWindows(connection, transaction, WindowTable.All[(int)group.Key], group);
        }

        WriteSensors(connection, transaction, SmallTables.Sensors(batch));
        var watermarks = await _silent.WatermarksAsync(connection, transaction, batch, cancellation);
        if (alerts is not null)
        {
            await alerts.JudgeAsync(connection, transaction, watermarks, cancellation);
        }

        WriteWatermarks(connection, transaction, watermarks);
        WriteQuality(connection, transaction, SmallTables.Quality(batch));
        foreach (var rows in batch)
        {
            await SinkOffsets.MoveAsync(connection, transaction, sink, rows, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    private static void WriteWindows(SqliteConnection connection, SqliteTransaction transaction, WindowTable table, IEnumerable<AggregateRow> rows)
    {
        using var command = Prepare(connection, transaction, table.Name, table.ColumnList, table.OnConflict);
        foreach (var row in rows)
        {
            Fill(command.Parameters, table, row);
            command.ExecuteNonQuery();
        }
    }

    private static void WriteSensors(SqliteConnection connection, SqliteTransaction transaction, IReadOnlyList<SensorRow> rows)
    {
        using var command = Prepare(connection, transaction, "sensors", SmallTables.SensorColumns, SmallTables.OnSensorConflict);
        foreach (var row in rows)
        {
            var latest = row.Status.Latest;
            Run(
                command, latest.SensorId, SensorTypes.Of(latest.Type).Name, latest.City, latest.District, latest.HasLocation ? latest.Latitude : null,
                latest.HasLocation ? latest.Longitude : null, WindowTable.Utc(latest.TimestampMs), row.Status.IntervalMs, SmallTables.Metrics(latest), row.Partition, row.Offset);
        }
    }

    private static void WriteWatermarks(SqliteConnection connection, SqliteTransaction transaction, KeyValuePair<(string Type, string City), Progress>[] rows)
    {
        using var command = Prepare(connection, transaction, "stream_progress", SmallTables.ProgressColumns, SmallTables.OnProgressConflict);
        foreach (var ((type, city), progress) in rows)
        {
            Run(command, type, city, WindowTable.Utc(progress.WatermarkMs), WindowTable.Utc(progress.ProcessingTimeMs));
        }
    }

    private static void WriteQuality(SqliteConnection connection, SqliteTransaction transaction, KeyValuePair<QualityKey, long>[] rows)
    {
        using var command = Prepare(connection, transaction, "quality_hourly", SmallTables.QualityColumns, SmallTables.OnQualityConflict);
        foreach (var (key, count) in rows)
        {
            Run(command, WindowTable.Utc(key.HourMs), key.Kind, key.Reason, count);
        }
    }

    private static SqliteCommand Prepare(SqliteConnection connection, SqliteTransaction transaction, string table, string columns, string onConflict)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        var names = Enumerable.Range(0, columns.Count(letter => letter == ',') + 1).Select(index => $"@p{index}").ToArray();
        command.CommandText = $"INSERT INTO {table} ({columns}) VALUES ({string.Join(", ", names)}) {onConflict}";
        foreach (var name in names)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        command.Prepare();
        return command;
    }

    private static void Run(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var index = 0; index < values.Length; index++)
        {
            command.Parameters[index].Value = values[index] ?? DBNull.Value;
        }

        command.ExecuteNonQuery();
    }

    /// <summary>In the order of <see cref="WindowTable.Columns"/>.</summary>
    private static void Fill(SqliteParameterCollection parameters, WindowTable table, AggregateRow row)
    {
        parameters[0].Value = row.Group.City;
        parameters[1].Value = row.Group.District;
        parameters[2].Value = WindowTable.Utc(row.WindowStartMs);
        parameters[3].Value = WindowTable.IsAligned(row);
        parameters[4].Value = WindowTable.Utc(row.WindowEndMs);
        parameters[5].Value = row.ReadingCount;
        parameters[6].Value = row.IsFinal;
        parameters[7].Value = row.Epoch;
        parameters[8].Value = row.Revision;
        parameters[9].Value = WindowTable.Utc(row.ProcessingTimeMs);
        var next = 10;
        foreach (var column in table.MetricColumns)
        {
            var summary = row.Metrics[column.MetricIndex];
            parameters[next++].Value = column.Figure == MetricFigure.Count ? summary.Count : column.Value(summary) ?? (object)DBNull.Value;
        }
    }

    private async Task<SqliteConnection> OpenAsync(CancellationToken cancellation)
    {
        if (_connection is null)
        {
            var connection = new SqliteConnection(connectionString);
            await connection.OpenAsync(cancellation);
            _connection = connection;
        }

        return _connection;
    }
}
