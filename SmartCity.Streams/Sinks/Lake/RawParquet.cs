using Parquet.Schema;

using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>Writes the readings of one folder as Parquet, sorted by sensor and time. The same rows give the same bytes.</summary>
internal static class RawParquet
{
    public const string ContentType = "application/vnd.apache.parquet";

    private const int RowsPerGroup = 65_536;
    private const long PayloadPerGroup = 16L << 20;

    private static readonly ParquetSchema[] Schemas = [.. SensorTypes.All.Select(SchemaOf)];

    public static async Task<ReadOnlyMemory<byte>> WriteAsync(SensorType type, int partition, RowList<RawRow> rows, CancellationToken cancellationToken)
    {
        var order = Sorted(rows);
        await using var file = await ParquetColumns.CreateAsync(Schemas[(int)type], cancellationToken);
        for (var start = 0; start < order.Length;)
        {
            var payloadBytes = 0L;
            var end = start;
            while (end < order.Length && end - start < RowsPerGroup && payloadBytes < PayloadPerGroup)
            {
                payloadBytes += rows[order[end++]].Payload.Length;
            }

            file.BeginGroup();
            await WriteGroupAsync(file, type, partition, rows, order.AsMemory(start, end - start), payloadBytes, cancellationToken);
            start = end;
        }

        return await file.FinishAsync();
    }

    private static async Task WriteGroupAsync(
        ParquetColumns file, SensorType type, int partition, RowList<RawRow> rows, ReadOnlyMemory<int> order, long payloadBytes,
        CancellationToken cancellationToken)
    {
        var count = order.Length;
        await file.WriteTextAsync(count, i => rows[order.Span[i]].Reading.SensorId, cancellationToken);
        await file.WriteTextAsync(count, i => rows[order.Span[i]].Reading.District is { Length: > 0 } district ? district : null, cancellationToken);
        await file.WriteAsync(count, i => Utc(rows[order.Span[i]].Reading.TimestampMs), cancellationToken);
        await file.WriteNullableAsync(count, i => IsTime(rows[order.Span[i]].ReceivedAtMs) ? Utc(rows[order.Span[i]].ReceivedAtMs) : (DateTime?)null, cancellationToken);
        await file.WriteNullableAsync(count, i => OrNull(rows[order.Span[i]].Reading.Latitude), cancellationToken);
        await file.WriteNullableAsync(count, i => OrNull(rows[order.Span[i]].Reading.Longitude), cancellationToken);
        for (var metric = 0; metric < SensorTypes.Of(type).Metrics.Count; metric++)
        {
            var index = metric;
            await file.WriteNullableAsync(count, i => rows[order.Span[i]].Reading.Metrics[index], cancellationToken);
        }

        await file.WriteUtf8Async(count, payloadBytes, i => rows[order.Span[i]].Payload, cancellationToken);
        await file.WriteAsync(count, _ => partition, cancellationToken);
        await file.WriteAsync(count, i => rows[order.Span[i]].Offset, cancellationToken);
    }

    private static ParquetSchema SchemaOf(SensorTypeDefinition type) => new(
    [
        ParquetColumns.Text("sensor_id"),
        ParquetColumns.Text("district", nullable: true),
        ParquetColumns.Time("timestamp"),
        ParquetColumns.Time("received_at", nullable: true),
        ParquetColumns.Number<double>("lat", nullable: true),
        ParquetColumns.Number<double>("lon", nullable: true),
        .. type.Metrics.Select(m => ParquetColumns.Number<double>(m.Name, nullable: true)),
        ParquetColumns.Text("payload"),
        ParquetColumns.Number<int>("kafka_partition"),
        ParquetColumns.Number<long>("kafka_offset"),
    ]);

    private static DateTime Utc(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime;

    /// <summary>A record may carry any timestamp, or none (-1): false for what no calendar has.</summary>
    private static bool IsTime(long unixMs) => unixMs is >= -62_135_596_800_000 and <= 253_402_300_799_999 and not -1;

    // A place that is not known is NaN.
    private static double? OrNull(double coordinate) => double.IsNaN(coordinate) ? null : coordinate;

    /// <summary>The rows' numbers in the order of the file: by sensor, time, and offset.</summary>
    private static int[] Sorted(RowList<RawRow> rows)
    {
        var order = new int[rows.Count];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (left, right) => Compare(in rows[left], in rows[right]));
        return order;
    }

    private static int Compare(in RawRow left, in RawRow right)
    {
        var bySensor = string.CompareOrdinal(left.Reading.SensorId, right.Reading.SensorId);
        if (bySensor != 0)
        {
            return bySensor;
        }

        var byTime = left.Reading.TimestampMs.CompareTo(right.Reading.TimestampMs);
        return byTime != 0 ? byTime : left.Offset.CompareTo(right.Offset);
    }
}
