using Npgsql;

using NpgsqlTypes;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Data;
using SmartCity.Streams.Alerts;
using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>
/// Writes to PostgreSQL over one connection of its own: binary COPY into temporary tables, then one INSERT … ON CONFLICT a table. The rows of
/// <c>sink_offsets</c>, locked first, are the fence: of two workers that believe they own a partition only one finds its first offset there.
/// </summary>
internal sealed class PostgresWriter : IDatabaseWriter
{
    private readonly string _connectionString;
    private readonly string _sink;
    private readonly bool _adoptNewLog;
    private readonly AlertJudge? _alerts;
    private readonly SilentCities _silent;
    // Of the connection: after a failure they are looked for again.
    private readonly HashSet<(string Table, bool IsAligned, DateTime Start)> _partitions = [];
    private NpgsqlConnection? _connection;

    public PostgresWriter(string connectionString, string sink, bool adoptNewLog, AlertJudge? alerts = null, TimeProvider? clock = null)
    {
        _alerts = alerts;
        _silent = new SilentCities(clock ?? TimeProvider.System);
        // One connection for the sink's life, so that its temporary tables stay; keep-alive finds a dead peer while nothing is written.
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "smart-city-worker" };
        if (builder.KeepAlive == 0)
        {
            builder.KeepAlive = 30;
        }

        (_connectionString, _sink, _adoptNewLog) = (builder.ConnectionString, sink, adoptNewLog);
    }

    public Task<IReadOnlyDictionary<int, long>> LoadAsync(SourceLog log, IReadOnlyDictionary<int, long> starts, CancellationToken cancellation)
        => WithConnectionAsync(async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            var offsets = await SinkOffsets.LoadAsync(connection, transaction, _sink, log, starts, _adoptNewLog, cancellation);
            await transaction.CommitAsync(cancellation);
            return offsets;
        }, cancellation);

    public Task<bool> WriteAsync(IReadOnlyList<PartitionRows> batch, CancellationToken cancellation)
        => WithConnectionAsync(async connection =>
        {
            await AddPartitionsAsync(connection, batch, cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            if (!await PostgresSmallTables.LockAsync(connection, _sink, batch, cancellation))
            {
                return false;
            }

            foreach (var group in batch.SelectMany(rows => rows.Windows).GroupBy(row => row.Group.Type).OrderBy(group => group.Key))
            {
                await WriteWindowsAsync(connection, WindowTable.All[(int)group.Key], group, cancellation);
            }

            await PostgresSmallTables.WriteSensorsAsync(connection, batch, cancellation);
            var watermarks = await _silent.WatermarksAsync(connection, transaction, batch, cancellation);
            if (_alerts is not null)
            {
                await _alerts.JudgeAsync(connection, transaction, watermarks, cancellation);
            }

            await PostgresSmallTables.WriteWatermarksAsync(connection, watermarks, cancellation);
            await PostgresSmallTables.WriteQualityAsync(connection, batch, cancellation);
            await PostgresSmallTables.MoveAsync(connection, _sink, batch, cancellation);
            await transaction.CommitAsync(cancellation);
            return true;
        }, cancellation);

    public async ValueTask DisposeAsync() => await CloseAsync();

    /// <summary>Makes the partitions that the rows need, ahead of the transaction, so that nobody waits for it in order to see them.</summary>
    private async Task AddPartitionsAsync(NpgsqlConnection connection, IReadOnlyList<PartitionRows> batch, CancellationToken cancellation)
    {
        foreach (var row in batch.SelectMany(rows => rows.Windows))
        {
            var (table, isAligned, start) = (WindowTable.All[(int)row.Group.Type].Name, WindowTable.IsAligned(row), WindowTable.Utc(row.WindowStartMs));
            if (_partitions.Add((table, isAligned, WindowPartitions.StartOf(isAligned, start))))
            {
                await WindowPartitions.AddAsync(connection, table, isAligned, start, cancellation);
            }
        }
    }

    private static async Task WriteWindowsAsync(NpgsqlConnection connection, WindowTable table, IEnumerable<AggregateRow> rows, CancellationToken cancellation)
    {
        await using (var copy = await connection.BeginBinaryImportAsync($"COPY new_{table.Name} ({table.ColumnList}) FROM STDIN (FORMAT BINARY)", cancellation))
        {
            foreach (var row in rows)
            {
                await WriteRowAsync(copy, table, row, cancellation);
            }

            await copy.CompleteAsync(cancellation);
        }

        // In the key's order, so that the index is filled from left to right. A window stands in two partitions only where the topic was given more of them.
        await using var insert = new NpgsqlCommand(
            $"INSERT INTO {table.Name} ({table.ColumnList}) SELECT DISTINCT ON (city, district, window_start) {table.ColumnList} FROM new_{table.Name} "
            + $"ORDER BY city, district, window_start, epoch DESC, revision DESC {table.OnConflict}",
            connection);
        await insert.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task WriteRowAsync(NpgsqlBinaryImporter copy, WindowTable table, AggregateRow row, CancellationToken cancellation)
    {
        await copy.StartRowAsync(cancellation);
        await copy.WriteAsync(row.Group.City, NpgsqlDbType.Text, cancellation);
        await copy.WriteAsync(row.Group.District, NpgsqlDbType.Text, cancellation);
        await copy.WriteAsync(WindowTable.Utc(row.WindowStartMs), NpgsqlDbType.TimestampTz, cancellation);
        await copy.WriteAsync(WindowTable.IsAligned(row), NpgsqlDbType.Boolean, cancellation);
        await copy.WriteAsync(WindowTable.Utc(row.WindowEndMs), NpgsqlDbType.TimestampTz, cancellation);
        await copy.WriteAsync(row.ReadingCount, NpgsqlDbType.Bigint, cancellation);
        await copy.WriteAsync(row.IsFinal, NpgsqlDbType.Boolean, cancellation);
        await copy.WriteAsync(row.Epoch, NpgsqlDbType.Integer, cancellation);
        await copy.WriteAsync(row.Revision, NpgsqlDbType.Bigint, cancellation);
        await copy.WriteAsync(WindowTable.Utc(row.ProcessingTimeMs), NpgsqlDbType.TimestampTz, cancellation);
        foreach (var column in table.MetricColumns)
        {
            var summary = row.Metrics[column.MetricIndex];
            if (column.Figure == MetricFigure.Count)
            {
                await copy.WriteAsync(summary.Count, NpgsqlDbType.Bigint, cancellation);
            }
            else if (column.Value(summary) is { } value)
            {
                await copy.WriteAsync(value, NpgsqlDbType.Double, cancellation);
            }
            else
            {
                await copy.WriteNullAsync(cancellation);
            }
        }
    }

    /// <summary>After any failure the connection is given up: whatever state it was in, the next attempt starts from a new one.</summary>
    private async Task<T> WithConnectionAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation)
    {
        var done = false;
        try
        {
            _connection ??= await OpenAsync(cancellation);
            var result = await work(_connection);
            done = true;
            return result;
        }
        finally
        {
            if (!done)
            {
                await CloseAsync();
            }
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        _partitions.Clear();
        var connection = new NpgsqlConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            var tables = string.Concat(WindowTable.All.Select(table => $"CREATE TEMPORARY TABLE new_{table.Name} (LIKE {table.Name}) ON COMMIT DELETE ROWS; "));
            await using var create = new NpgsqlCommand(tables, connection);
            await create.ExecuteNonQueryAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
        {
            await connection.DisposeAsync();
        }
    }
}
