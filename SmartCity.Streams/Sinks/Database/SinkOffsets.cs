using System.Data.Common;
using System.Globalization;

using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>The table <c>sink_offsets</c>: how far a sink has written each partition of each log. Shared by both databases.</summary>
internal static class SinkOffsets
{
    private const string KeyIs = "sink = @sink AND cluster_id = @cluster AND topic = @topic AND topic_id = @id AND partition = @partition";

    /// <summary>See <see cref="IDatabaseWriter.LoadAsync"/>. With <paramref name="adopt"/> what is known of the topic from elsewhere is forgotten.</summary>
    public static async Task<IReadOnlyDictionary<int, long>> LoadAsync(
        DbConnection connection, DbTransaction transaction, string sink, SourceLog log, IReadOnlyDictionary<int, long> starts, bool adopt, CancellationToken cancellation)
    {
        if (adopt)
        {
            await Sql.ExecuteAsync(
                Sql.Command(
                    connection, transaction, "DELETE FROM sink_offsets WHERE sink = @sink AND topic = @topic AND NOT (cluster_id = @cluster AND topic_id = @id)",
                    ("sink", sink), ("topic", log.Topic), ("cluster", log.ClusterId), ("id", log.TopicId)),
                cancellation);
        }

        var known = await KnownAsync(connection, transaction, sink, log, cancellation);
        var offsets = new Dictionary<int, long>();
        foreach (var (partition, start) in starts)
        {
            if (known.TryGetValue(partition, out var next))
            {
                offsets[partition] = next;
                continue;
            }

            await Sql.ExecuteAsync(
                Sql.Command(
                    connection, transaction,
                    "INSERT INTO sink_offsets (sink, cluster_id, topic, topic_id, partition, next_offset) VALUES (@sink, @cluster, @topic, @id, @partition, @next) "
                    + "ON CONFLICT (sink, cluster_id, topic, topic_id, partition) DO NOTHING",
                    ("sink", sink), ("cluster", log.ClusterId), ("topic", log.Topic), ("id", log.TopicId), ("partition", partition), ("next", start)),
                cancellation);

            // Read again: another worker may have been first, and further.
            offsets[partition] = await ReadAsync(connection, transaction, sink, log, partition, cancellation)
                ?? throw new InvalidOperationException($"The row of {log.Topic}-{partition} in sink_offsets cannot be read back.");
        }

        return offsets;
    }

    /// <summary>Where a partition stands; null when it has no row.</summary>
    public static async Task<long?> ReadAsync(
        DbConnection connection, DbTransaction transaction, string sink, SourceLog log, int partition, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection, transaction, $"SELECT next_offset FROM sink_offsets WHERE {KeyIs}",
            ("sink", sink), ("cluster", log.ClusterId), ("topic", log.Topic), ("id", log.TopicId), ("partition", partition));
        return await command.ExecuteScalarAsync(cancellation) is { } value and not DBNull ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Moves a partition to the end of what was written.</summary>
    public static Task MoveAsync(DbConnection connection, DbTransaction transaction, string sink, PartitionRows rows, CancellationToken cancellation)
        => Sql.ExecuteAsync(
            Sql.Command(
                connection, transaction, $"UPDATE sink_offsets SET next_offset = @next WHERE {KeyIs}",
                ("next", rows.Next), ("sink", sink), ("cluster", rows.Log.ClusterId), ("topic", rows.Log.Topic), ("id", rows.Log.TopicId), ("partition", rows.Partition)),
            cancellation);

    private static async Task<Dictionary<int, long>> KnownAsync(
        DbConnection connection, DbTransaction transaction, string sink, SourceLog log, CancellationToken cancellation)
    {
        var known = new Dictionary<int, long>();
        await using var command = Sql.Command(
            connection, transaction, "SELECT cluster_id, topic_id, partition, next_offset FROM sink_offsets WHERE sink = @sink AND topic = @topic",
            ("sink", sink), ("topic", log.Topic));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var (cluster, topicId) = (reader.GetString(0), reader.GetString(1));
            if (cluster != log.ClusterId || topicId != log.TopicId)
            {
                throw new ForeignLogException(Foreign(sink, log, cluster, topicId));
            }

            known[reader.GetInt32(2)] = reader.GetInt64(3);
        }

        return known;
    }

    private static string Foreign(string sink, SourceLog log, string cluster, string topicId)
    {
        var what = cluster != log.ClusterId
            ? $"was written from Kafka cluster {cluster}, but this worker reads cluster {log.ClusterId}"
            : $"was written from an earlier topic {log.Topic} (id {topicId}) than the one there is now (id {log.TopicId})";
        return $"The database {what}: its offsets and revisions mean nothing here. Either point Kafka__BootstrapServers or ConnectionStrings__SmartCity to where "
            + $"they belong together, or, if the topic was made anew on purpose, empty the window tables and run: DELETE FROM sink_offsets WHERE sink = '{sink}' AND topic = '{log.Topic}'";
    }
}
