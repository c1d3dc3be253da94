using System.Text;

using Parquet;
using Parquet.Schema;

namespace SmartCity.Api.Sensors;

/// <summary>A reading as the lake has it.</summary>
internal readonly record struct RawReading(byte[] Payload, DateTime? ReceivedAt, int Partition, long Offset);

/// <summary>Finds one sensor's readings in an object of raw readings. Those are sorted by sensor, so a row group without it is told by its statistics and left unread.</summary>
internal static class RawReadingFile
{
    public static async Task<IReadOnlyList<RawReading>> ReadAsync(byte[] parquet, string sensorId, CancellationToken cancellationToken)
    {
        var found = new List<RawReading>();
        await using var file = await ParquetReader.CreateAsync(new MemoryStream(parquet, writable: false), cancellationToken: cancellationToken);
        var fields = file.Schema.DataFields.ToDictionary(field => field.Name);
        for (int index = 0; index < file.RowGroupCount; index++)
        {
            using var group = file.OpenRowGroupReader(index);
            if (MayHold(group, fields["sensor_id"], sensorId))
            {
                await AddAsync(group, fields, sensorId, found, cancellationToken);
            }
        }

        return found;
    }

    private static async Task AddAsync(
        ParquetRowGroupReader group, Dictionary<string, DataField> fields, string sensorId, List<RawReading> found, CancellationToken cancellationToken)
    {
        int count = checked((int)group.RowCount);
        var sensors = new string?[count];
        await group.ReadAsync(fields["sensor_id"], sensors.AsMemory(), null, cancellationToken);
        int first = Array.FindIndex(sensors, id => string.Equals(id, sensorId, StringComparison.Ordinal));
        if (first < 0)
        {
            return;
        }

        int last = Array.FindLastIndex(sensors, id => string.Equals(id, sensorId, StringComparison.Ordinal));
        var payloads = new string?[count];
        var received = new DateTime?[count];
        var partitions = new int[count];
        var offsets = new long[count];
        await group.ReadAsync(fields["payload"], payloads.AsMemory(), null, cancellationToken);
        await group.ReadAsync<DateTime>(fields["received_at"], received.AsMemory(), null, cancellationToken);
        await group.ReadAsync(fields["kafka_partition"], partitions.AsMemory(), null, cancellationToken);
        await group.ReadAsync(fields["kafka_offset"], offsets.AsMemory(), null, cancellationToken);
        for (int row = first; row <= last; row++)
        {
            found.Add(new RawReading(Encoding.UTF8.GetBytes(payloads[row]!), received[row], partitions[row], offsets[row]));
        }
    }

    private static bool MayHold(ParquetRowGroupReader group, DataField field, string sensorId)
    {
        var statistics = group.GetStatistics(field);
        return statistics is not { MinValue: string least, MaxValue: string most }
            || (string.CompareOrdinal(least, sensorId) <= 0 && string.CompareOrdinal(most, sensorId) >= 0);
    }
}
