using Parquet.Schema;

using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>Writes the readings of one folder as Parquet, sorted by sensor and time. The same rows give the same bytes.</summary>
internal static class RawParquet
{
    public const string ContentType = "application/vnd.apache.parquet";

    public const int RowsPerGroup = 65_536;
    public const long PayloadPerGroup = 16L << 20;

    private static readonly ParquetSchema[] Schemas = [.. SensorTypes.All.Select(SchemaOf)];

    /// <summary>Writes a batch's readings of one folder.</summary>
    public static async Task<ReadOnlyMemory<byte>> WriteAsync(SensorType type, int partition, RowList<RawRow> rows, CancellationToken cancellationToken)
    {
        var order = Sorted(rows);
        var output = new MemoryStream();
        await using var file = await CreateAsync(type, output, cancellationToken);
        for (var start = 0; start < order.Length;)
        {
            var payloadBytes = 0L;
            var end = start;
            while (end < order.Length && end - start < RowsPerGroup && payloadBytes < PayloadPerGroup)
            {
                payloadBytes += rows[order[end++]].Payload.Length;
            }

            await WriteGroupAsync(file, type, new BatchGroup(partition, rows, order.AsMemory(start, end - start)) { PayloadBytes = payloadBytes }, cancellationToken);
            start = end;
        }

        await file.FinishAsync();
        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }

    /// <summary>Begins a file of a type's readings.</summary>
    public static Task<ParquetColumns> CreateAsync(SensorType type, Stream output, CancellationToken cancellationToken) => ParquetColumns.CreateAsync(Schemas[(int)type], output, cancellationToken);

    /// <summary>Writes readings, sorted by sensor and time, as the file's next row group.</summary>
    public static async Task WriteGroupAsync(ParquetColumns file, SensorType type, IRawGroup rows, CancellationToken cancellationToken)
    {
        var count = rows.Count;
        file.BeginGroup();
        await file.WriteTextAsync(count, i => rows.Reading(i).SensorId, cancellationToken);
        await file.WriteTextAsync(count, i => rows.Reading(i).District is { Length: > 0 } district ? district : null, cancellationToken);
        await file.WriteAsync(count, i => Utc(rows.Reading(i).TimestampMs), cancellationToken);
        await file.WriteNullableAsync(count, i => IsTime(rows.ReceivedAtMs(i)) ? Utc(rows.ReceivedAtMs(i)) : (DateTime?)null, cancellationToken);
        await file.WriteNullableAsync(count, i => OrNull(rows.Reading(i).Latitude), cancellationToken);
        await file.WriteNullableAsync(count, i => OrNull(rows.Reading(i).Longitude), cancellationToken);
        for (var metric = 0; metric < SensorTypes.Of(type).Metrics.Count; metric++)
        {
            var index = metric;
            await file.WriteNullableAsync(count, i => rows.Reading(i).Metrics[index], cancellationToken);
        }

        await file.WriteUtf8Async(count, rows.PayloadBytes, rows.Payload, cancellationToken);
        await file.WriteAsync(count, rows.Partition, cancellationToken);
        await file.WriteAsync(count, rows.Offset, cancellationToken);
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

    private sealed class BatchGroup(int partition, RowList<RawRow> rows, ReadOnlyMemory<int> order) : IRawGroup
    {
        public int Count => order.Length;

        public required long PayloadBytes { get; init; }

        public ref readonly Reading Reading(int index) => ref rows[order.Span[index]].Reading;

        public long ReceivedAtMs(int index) => rows[order.Span[index]].ReceivedAtMs;

        public int Partition(int index) => partition;

        public long Offset(int index) => rows[order.Span[index]].Offset;

        public ReadOnlyMemory<byte> Payload(int index) => rows[order.Span[index]].Payload;
    }
}

/// <summary>The readings of a row group, in the order of the file.</summary>
internal interface IRawGroup
{
    int Count { get; }

    /// <summary>The length of all payloads together.</summary>
    long PayloadBytes { get; }

    ref readonly Reading Reading(int index);

    long ReceivedAtMs(int index);

    int Partition(int index);

    long Offset(int index);

    ReadOnlyMemory<byte> Payload(int index);
}
