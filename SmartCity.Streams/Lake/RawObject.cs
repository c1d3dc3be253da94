using System.Text;

using Parquet;
using Parquet.Schema;

using SmartCity.Domain.Lake;

namespace SmartCity.Streams.Lake;

/// <summary>A reading as an object of the lake has it.</summary>
/// <param name="ReceivedAtMs">Its record timestamp; -1 where the lake has none.</param>
internal readonly record struct StoredReading(int Partition, long Offset, long ReceivedAtMs, byte[] Payload);

/// <summary>Reads every column of an object of raw readings, so that damage shows wherever it is.</summary>
internal static class RawObject
{
    /// <summary>Throws what the reader throws when the object is damaged.</summary>
    public static async Task<IReadOnlyList<StoredReading>> ReadAsync(string key, byte[] content, CancellationToken cancellation)
    {
        string name = key[(key.LastIndexOf('/') + 1)..];
        if (LakeReadingName.TryParse(name, out var one))
        {
            return [new StoredReading(one.Partition, one.Offset, -1, content)];
        }

        var rows = new List<StoredReading>();
        await using var file = await ParquetReader.CreateAsync(new MemoryStream(content, writable: false), cancellationToken: cancellation);
        for (int index = 0; index < file.RowGroupCount; index++)
        {
            using var group = file.OpenRowGroupReader(index);
            await AddAsync(group, file.Schema, rows, cancellation);
        }

        return rows;
    }

    private static async Task AddAsync(ParquetRowGroupReader group, ParquetSchema schema, List<StoredReading> rows, CancellationToken cancellation)
    {
        int count = checked((int)group.RowCount);
        var texts = new Dictionary<string, string?[]>();
        var times = new Dictionary<string, DateTime?[]>();
        int[] partitions = new int[count];
        long[] offsets = new long[count];
        foreach (DataField field in schema.DataFields)
        {
            if (field.ClrType == typeof(int))
            {
                await group.ReadAsync(field, partitions.AsMemory(), null, cancellation);
            }
            else if (field.ClrType == typeof(long))
            {
                await group.ReadAsync(field, offsets.AsMemory(), null, cancellation);
            }
            else if (field.ClrType == typeof(double))
            {
                await group.ReadAsync<double>(field, new double?[count].AsMemory(), null, cancellation);
            }
            else if (field.ClrType != typeof(DateTime))
            {
                await group.ReadAsync(field, (texts[field.Name] = new string?[count]).AsMemory(), null, cancellation);
            }
            else if (field.IsNullable)
            {
                await group.ReadAsync<DateTime>(field, (times[field.Name] = new DateTime?[count]).AsMemory(), null, cancellation);
            }
            else
            {
                await group.ReadAsync(field, new DateTime[count].AsMemory(), null, cancellation);
            }
        }

        for (int row = 0; row < count; row++)
        {
            long received = times["received_at"][row] is { } time ? new DateTimeOffset(time, TimeSpan.Zero).ToUnixTimeMilliseconds() : -1;
            rows.Add(new StoredReading(partitions[row], offsets[row], received, Encoding.UTF8.GetBytes(texts["payload"][row] ?? "")));
        }
    }
}
