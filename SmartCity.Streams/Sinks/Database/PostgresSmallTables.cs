using Npgsql;

using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>Sensors, watermarks and offsets of a batch in PostgreSQL: one statement a table, its rows as arrays, so that a batch costs few round trips.</summary>
internal static class PostgresSmallTables
{
    // Names are compared by their bytes, as in the tables; arrays would bring the database's own collation.
    private const string OffsetsOf = """
        o.sink = @sink AND o.cluster_id = @cluster AND o.topic = w.topic COLLATE "C" AND o.topic_id = w.topic_id COLLATE "C" AND o.partition = w.partition
        """;

    /// <summary>
    /// Locks the offset rows of a batch until the transaction ends, in order of topic and partition, and tells whether every partition begins where the database stands.
    /// </summary>
    public static async Task<bool> LockAsync(NpgsqlConnection connection, string sink, IReadOnlyList<PartitionRows> batch, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT o.topic, o.partition, o.next_offset FROM sink_offsets o JOIN unnest(@topics, @ids, @partitions) AS w (topic, topic_id, partition) ON {OffsetsOf} "
            + "ORDER BY o.topic, o.partition FOR UPDATE OF o",
            connection);
        AddOffsets(command, sink, batch);
        var stands = new Dictionary<(string, int), long>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            stands[(reader.GetString(0), reader.GetInt32(1))] = reader.GetInt64(2);
        }

        return batch.All(rows => stands.TryGetValue((rows.Log.Topic, rows.Partition), out var next) && next == rows.First);
    }

    /// <summary>Moves every partition of a batch to the end of what was written.</summary>
    public static async Task MoveAsync(NpgsqlConnection connection, string sink, IReadOnlyList<PartitionRows> batch, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"UPDATE sink_offsets o SET next_offset = w.next_offset FROM unnest(@topics, @ids, @partitions, @next) AS w (topic, topic_id, partition, next_offset) WHERE {OffsetsOf}",
            connection);
        AddOffsets(command, sink, batch);
        command.Parameters.AddWithValue("next", Column(batch, rows => rows.Next));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public static async Task WriteSensorsAsync(NpgsqlConnection connection, IReadOnlyList<PartitionRows> batch, CancellationToken cancellation)
    {
        var rows = SmallTables.Sensors(batch);
        if (rows.Length == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            $"INSERT INTO sensors ({SmallTables.SensorColumns}) SELECT a, b, c, d, e, f, g, h, i::jsonb, j, k FROM unnest(@a, @b, @c, @d, @e, @f, @g, @h, @i, @j, @k) "
            + $"AS w (a, b, c, d, e, f, g, h, i, j, k) {SmallTables.OnSensorConflict}",
            connection);
        var parameters = command.Parameters;
        parameters.AddWithValue("a", Column(rows, row => row.Status.Latest.SensorId));
        parameters.AddWithValue("b", Column(rows, row => SensorTypes.Of(row.Status.Latest.Type).Name));
        parameters.AddWithValue("c", Column(rows, row => row.Status.Latest.City));
        parameters.AddWithValue("d", Column(rows, row => row.Status.Latest.District));
        parameters.AddWithValue("e", Column(rows, row => row.Status.Latest.HasLocation ? row.Status.Latest.Latitude : (double?)null));
        parameters.AddWithValue("f", Column(rows, row => row.Status.Latest.HasLocation ? row.Status.Latest.Longitude : (double?)null));
        parameters.AddWithValue("g", Column(rows, row => WindowTable.Utc(row.Status.Latest.TimestampMs)));
        parameters.AddWithValue("h", Column(rows, row => row.Status.IntervalMs));
        parameters.AddWithValue("i", Column(rows, row => SmallTables.Metrics(row.Status.Latest)));
        parameters.AddWithValue("j", Column(rows, row => row.Partition));
        parameters.AddWithValue("k", Column(rows, row => row.Offset));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public static async Task WriteWatermarksAsync(NpgsqlConnection connection, KeyValuePair<(string Type, string City), Progress>[] rows, CancellationToken cancellation)
    {
        if (rows.Length == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            $"INSERT INTO stream_progress ({SmallTables.ProgressColumns}) SELECT * FROM unnest(@types, @cities, @watermarks, @times) {SmallTables.OnProgressConflict}", connection);
        command.Parameters.AddWithValue("types", Column(rows, row => row.Key.Type));
        command.Parameters.AddWithValue("cities", Column(rows, row => row.Key.City));
        command.Parameters.AddWithValue("watermarks", Column(rows, row => WindowTable.Utc(row.Value.WatermarkMs)));
        command.Parameters.AddWithValue("times", Column(rows, row => WindowTable.Utc(row.Value.ProcessingTimeMs)));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public static async Task WriteQualityAsync(NpgsqlConnection connection, IReadOnlyList<PartitionRows> batch, CancellationToken cancellation)
    {
        var rows = SmallTables.Quality(batch);
        if (rows.Length == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            $"INSERT INTO quality_hourly ({SmallTables.QualityColumns}) SELECT * FROM unnest(@hours, @kinds, @reasons, @counts) {SmallTables.OnQualityConflict}", connection);
        command.Parameters.AddWithValue("hours", Column(rows, row => WindowTable.Utc(row.Key.HourMs)));
        command.Parameters.AddWithValue("kinds", Column(rows, row => row.Key.Kind));
        command.Parameters.AddWithValue("reasons", Column(rows, row => row.Key.Reason));
        command.Parameters.AddWithValue("counts", Column(rows, row => row.Value));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static void AddOffsets(NpgsqlCommand command, string sink, IReadOnlyList<PartitionRows> batch)
    {
        command.Parameters.AddWithValue("sink", sink);
        command.Parameters.AddWithValue("cluster", batch[0].Log.ClusterId);
        command.Parameters.AddWithValue("topics", Column(batch, rows => rows.Log.Topic));
        command.Parameters.AddWithValue("ids", Column(batch, rows => rows.Log.TopicId));
        command.Parameters.AddWithValue("partitions", Column(batch, rows => rows.Partition));
    }

    private static TValue[] Column<TRow, TValue>(IReadOnlyCollection<TRow> rows, Func<TRow, TValue> value) => [.. rows.Select(value)];
}
