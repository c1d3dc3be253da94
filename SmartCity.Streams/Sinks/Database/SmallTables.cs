using System.Buffers;
using System.Text;
using System.Text.Json;

using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>What both writers share of the tables <c>sensors</c> and <c>stream_progress</c>, which are written with every batch of windows.</summary>
internal static class SmallTables
{
    public const string SensorColumns = "sensor_id, sensor_type, city, district, latitude, longitude, last_seen, interval_ms, metrics, source_partition, source_offset";

    // A sensor's record from another partition wins too: then the topic was given more partitions, and the sensor has moved.
    public const string OnSensorConflict = """
        ON CONFLICT (sensor_id) DO UPDATE SET sensor_type = excluded.sensor_type, city = excluded.city, district = excluded.district, latitude = excluded.latitude,
          longitude = excluded.longitude, last_seen = excluded.last_seen, interval_ms = excluded.interval_ms, metrics = excluded.metrics,
          source_partition = excluded.source_partition, source_offset = excluded.source_offset
        WHERE excluded.source_partition <> sensors.source_partition OR excluded.source_offset > sensors.source_offset
        """;

    public const string ProgressColumns = "sensor_type, city, watermark, processing_time";

    public const string OnProgressConflict = """
        ON CONFLICT (sensor_type, city) DO UPDATE SET watermark = excluded.watermark, processing_time = excluded.processing_time
        WHERE excluded.watermark > stream_progress.watermark
        """;

    public const string QualityColumns = "hour, kind, reason, count";

    public const string OnQualityConflict = "ON CONFLICT (hour, kind, reason) DO UPDATE SET count = quality_hourly.count + excluded.count";

    /// <summary>What to add to the counts of each hour, in an order that every worker keeps.</summary>
    public static KeyValuePair<QualityKey, long>[] Quality(IReadOnlyList<PartitionRows> batch)
        => [.. batch.SelectMany(rows => rows.Quality)
            .GroupBy(row => row.Key, (key, rows) => KeyValuePair.Create(key, rows.Sum(row => row.Value)))
            .OrderBy(row => row.Key.HourMs).ThenBy(row => row.Key.Kind, StringComparer.Ordinal).ThenBy(row => row.Key.Reason, StringComparer.Ordinal)];

    /// <summary>Each sensor once, in an order that every worker keeps: writers of the same rows then wait for each other instead of in a ring.</summary>
    public static SensorRow[] Sensors(IReadOnlyList<PartitionRows> batch)
        => [.. batch.SelectMany(rows => rows.Sensors)
            .GroupBy(row => row.Status.Latest.SensorId, StringComparer.Ordinal)
            .Select(versions => versions.MaxBy(row => row.Status.Latest.TimestampMs)!)
            .OrderBy(row => row.Status.Latest.SensorId, StringComparer.Ordinal)];

    /// <summary>The greatest watermark of each type and city, in an order that every worker keeps.</summary>
    public static KeyValuePair<(string Type, string City), Progress>[] Watermarks(IReadOnlyList<PartitionRows> batch)
        => [.. batch.SelectMany(rows => rows.Watermarks)
            .GroupBy(row => row.Key)
            .Select(versions => versions.MaxBy(row => row.Value.WatermarkMs))
            .OrderBy(row => row.Key.Type, StringComparer.Ordinal).ThenBy(row => row.Key.City, StringComparer.Ordinal)];

    /// <summary>A reading's known metrics as a JSON object.</summary>
    public static string Metrics(in Reading reading)
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
