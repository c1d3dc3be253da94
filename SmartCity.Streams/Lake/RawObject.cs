using System.Text;

using Parquet;
using Parquet.Schema;

using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Lake;

/// <summary>A reading as an object of the lake has it. Its members are fields, so that looking at one copies nothing.</summary>
internal readonly struct StoredReading(in Reading reading, long receivedAtMs, int partition, long offset, byte[] payload)
{
    /// <summary>Its columns; without a city, which is in the object's folder alone. Empty where the object has no columns.</summary>
    public readonly Reading Reading = reading;

    /// <summary>Its record timestamp; -1 where the lake has none.</summary>
    public readonly long ReceivedAtMs = receivedAtMs;

    /// <summary>The partition of the topic that it came from.</summary>
    public readonly int Partition = partition;

    /// <summary>Its offset there.</summary>
    public readonly long Offset = offset;

    /// <summary>Its bytes.</summary>
    public readonly byte[] Payload = payload;
}

/// <summary>An object of raw readings, read row group by row group and every column of each, so that damage shows wherever it is.</summary>
internal sealed class RawObject : IAsyncDisposable
{
    private static readonly HashSet<string> CommonColumns = ["sensor_id", "district", "timestamp", "received_at", "lat", "lon", "payload", "kafka_partition", "kafka_offset"];

    private readonly ParquetReader _file;
    private readonly SensorTypeDefinition _type;

    private RawObject(ParquetReader file, SensorTypeDefinition type) => (_file, _type) = (file, type);

    /// <summary>Columns that this program does not know, so that a copy would lose them.</summary>
    private IReadOnlyList<string> UnknownColumns
        => [.. _file.Schema.DataFields.Select(column => column.Name).Where(name => !CommonColumns.Contains(name) && _type.Metrics.All(metric => metric.Name != name))];

    /// <summary>
    /// Opens a Parquet object; throws what the reader throws when it is damaged, and <see cref="InvalidDataException"/> when it has columns that this program does not know and these are refused. It reads
    /// from <paramref name="content"/> until it is disposed of.
    /// </summary>
    public static async Task<RawObject> OpenAsync(Stream content, SensorType type, bool refuseUnknownColumns, CancellationToken cancellation)
    {
        var opened = new RawObject(await ParquetReader.CreateAsync(content, cancellationToken: cancellation), SensorTypes.Of(type));
        if (refuseUnknownColumns && opened.UnknownColumns is { Count: > 0 } unknown)
        {
            await opened.DisposeAsync();
            throw new InvalidDataException($"this program does not know its columns {string.Join(", ", unknown)}");
        }

        return opened;
    }

    /// <summary>Reads an object whole, of either format; one of JSON has nothing but its payload, and its place in its name.</summary>
    public static async Task<IReadOnlyList<StoredReading>> ReadAsync(string key, byte[] content, bool refuseUnknownColumns, CancellationToken cancellation)
    {
        if (LakeReadingName.TryParse(key[(key.LastIndexOf('/') + 1)..], out var one))
        {
            return [new StoredReading(default, -1, one.Partition, one.Offset, content)];
        }

        var rows = new List<StoredReading>();
        await using RawObject parquet = await OpenAsync(new MemoryStream(content, writable: false), LakePath.TryParse(key, out LakePath? place) ? place.Type : default, refuseUnknownColumns, cancellation);
        await foreach (IReadOnlyList<StoredReading> group in parquet.GroupsAsync(cancellation))
        {
            rows.AddRange(group);
        }

        return rows;
    }

    /// <summary>The readings, a row group at a time.</summary>
    public async IAsyncEnumerable<IReadOnlyList<StoredReading>> GroupsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        for (int index = 0; index < _file.RowGroupCount; index++)
        {
            using var group = _file.OpenRowGroupReader(index);
            yield return await ReadAsync(group, cancellation);
        }
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    private async Task<IReadOnlyList<StoredReading>> ReadAsync(ParquetRowGroupReader group, CancellationToken cancellation)
    {
        int count = checked((int)group.RowCount);
        var texts = new Dictionary<string, string?[]>();
        var times = new Dictionary<string, DateTime?[]>();
        var numbers = new Dictionary<string, double?[]>();
        int[] partitions = new int[count];
        long[] offsets = new long[count];
        foreach (DataField field in _file.Schema.DataFields)
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
                await group.ReadAsync<double>(field, (numbers[field.Name] = new double?[count]).AsMemory(), null, cancellation);
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
                var present = new DateTime[count];
                await group.ReadAsync(field, present.AsMemory(), null, cancellation);
                times[field.Name] = Array.ConvertAll(present, time => (DateTime?)time);
            }
        }

        var rows = new StoredReading[count];
        for (int row = 0; row < count; row++)
        {
            var metrics = default(MetricValues);
            for (int metric = 0; metric < _type.Metrics.Count; metric++)
            {
                if (numbers.TryGetValue(_type.Metrics[metric].Name, out var values) && values[row] is { } value)
                {
                    metrics.Set(metric, value);
                }
            }

            var reading = new Reading(
                _type.Type, texts["sensor_id"][row] ?? "", "", texts["district"][row] ?? "", Milliseconds(times["timestamp"][row]) ?? 0,
                numbers["lat"][row] ?? double.NaN, numbers["lon"][row] ?? double.NaN, metrics);
            rows[row] = new StoredReading(reading, Milliseconds(times["received_at"][row]) ?? -1, partitions[row], offsets[row], Encoding.UTF8.GetBytes(texts["payload"][row] ?? ""));
        }

        return rows;
    }

    private static long? Milliseconds(DateTime? time) => time is { } known ? new DateTimeOffset(known, TimeSpan.Zero).ToUnixTimeMilliseconds() : null;
}
