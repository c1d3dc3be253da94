using System.Buffers;
using System.Data.Common;
using System.Text;
using System.Text.Json;

using Npgsql;

using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>
/// What goes into <c>sensors</c>, <c>stream_progress</c> and <c>sink_offsets</c> with a batch of windows: few rows, so single statements do, and they are the same
/// for both databases.
/// </summary>
internal static class SmallTables
{
    // A sensor's record from another partition wins too: then the topic was given more partitions, and the sensor has moved.
    private const string SensorUpsert = """
        INSERT INTO sensors (sensor_id, sensor_type, city, district, latitude, longitude, last_seen, interval_ms, metrics, source_partition, source_offset)
        VALUES (@sensor, @type, @city, @district, CAST(@latitude AS double precision), CAST(@longitude AS double precision), @seen, CAST(@interval AS bigint), @metrics, @partition, @offset)
        ON CONFLICT (sensor_id) DO UPDATE SET sensor_type = excluded.sensor_type, city = excluded.city, district = excluded.district, latitude = excluded.latitude,
          longitude = excluded.longitude, last_seen = excluded.last_seen, interval_ms = excluded.interval_ms, metrics = excluded.metrics,
          source_partition = excluded.source_partition, source_offset = excluded.source_offset
        WHERE excluded.source_partition <> sensors.source_partition OR excluded.source_offset > sensors.source_offset
        """;

    private const string ProgressUpsert = """
        INSERT INTO stream_progress (sensor_type, city, watermark, processing_time) VALUES (@type, @city, @watermark, @time)
        ON CONFLICT (sensor_type, city) DO UPDATE SET watermark = excluded.watermark, processing_time = excluded.processing_time
        WHERE excluded.watermark > stream_progress.watermark
        """;

    public static async Task WriteAsync(
        DbConnection connection, DbTransaction transaction, string sink, IReadOnlyList<PartitionRows> batch, CancellationToken cancellation)
    {
        var sensorUpsert = connection is NpgsqlConnection ? SensorUpsert.Replace("@metrics", "CAST(@metrics AS jsonb)", StringComparison.Ordinal) : SensorUpsert;

        // Workers share these rows: all write them in one order, or they wait for each other in a ring.
        foreach (var row in batch.SelectMany(rows => rows.Sensors).OrderBy(row => row.Status.Latest.SensorId, StringComparer.Ordinal))
        {
            await Sql.ExecuteAsync(Sensor(connection, transaction, sensorUpsert, row), cancellation);
        }

        foreach (var ((type, city), progress) in batch.SelectMany(rows => rows.Watermarks)
            .OrderBy(row => row.Key.Type, StringComparer.Ordinal).ThenBy(row => row.Key.City, StringComparer.Ordinal))
        {
            await Sql.ExecuteAsync(
                Sql.Command(
                    connection, transaction, ProgressUpsert,
                    ("type", type), ("city", city), ("watermark", WindowTable.Utc(progress.WatermarkMs)), ("time", WindowTable.Utc(progress.ProcessingTimeMs))),
                cancellation);
        }

        foreach (var rows in batch)
        {
            await SinkOffsets.MoveAsync(connection, transaction, sink, rows, cancellation);
        }
    }

    private static DbCommand Sensor(DbConnection connection, DbTransaction transaction, string upsert, SensorRow row)
    {
        var latest = row.Status.Latest;
        return Sql.Command(
            connection, transaction, upsert,
            ("sensor", latest.SensorId), ("type", SensorTypes.Of(latest.Type).Name), ("city", latest.City), ("district", latest.District),
            ("latitude", latest.HasLocation ? latest.Latitude : null), ("longitude", latest.HasLocation ? latest.Longitude : null),
            ("seen", WindowTable.Utc(latest.TimestampMs)), ("interval", row.Status.IntervalMs), ("metrics", Metrics(latest)), ("partition", row.Partition), ("offset", row.Offset));
    }

    private static string Metrics(in Reading reading)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            var metrics = SensorTypes.Of(reading.Type).Metrics;
            for (var index = 0; index < metrics.Count; index++)
            {
                if (reading.Metrics[index] is { } value)
                {
                    json.WriteNumber(metrics[index].Name, value);
                }
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
