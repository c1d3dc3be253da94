using System.Buffers;
using System.IO.Compression;
using System.Text;

using Parquet;
using Parquet.Schema;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>
/// Writes one Parquet file column by column. Timestamps are in milliseconds, which is what they are known in, and adjusted to UTC: the library writes the statistics of
/// microsecond columns in milliseconds, after which readers skip row groups that they should not.
/// </summary>
internal sealed class ParquetColumns : IAsyncDisposable
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ParquetWriter _writer;
    private readonly DataField[] _fields;
    private ParquetRowGroupWriter? _group;
    private int _next;

    private ParquetColumns(ParquetWriter writer, DataField[] fields) => (_writer, _fields) = (writer, fields);

    /// <summary>Begins a file in <paramref name="output"/>, which stays the caller's.</summary>
    public static async Task<ParquetColumns> CreateAsync(ParquetSchema schema, Stream output, CancellationToken cancellationToken)
    {
        // The default level, SmallestSize, takes twenty times as long for a few percent.
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Optimal };
        foreach (var field in schema.DataFields)
        {
            if (field.ClrType == typeof(long))
            {
                options.ColumnEncodingHints[field.Path.ToString()] = EncodingHint.DeltaBinaryPacked;
            }
            else if (field.Name is "sensor_id" or "district")
            {
                options.ColumnEncodingHints[field.Path.ToString()] = EncodingHint.Dictionary;
            }
        }

        return new ParquetColumns(await ParquetWriter.CreateAsync(schema, output, options, cancellationToken: cancellationToken), schema.DataFields);
    }

    public static DataField Text(string name, bool nullable = false) => new(name, typeof(string), nullable);

    public static DataField Time(string name, bool nullable = false) => new DateTimeDataField(name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, DateTimeTimeUnit.Millis, nullable);

    public static DataField Number<T>(string name, bool nullable = false)
        where T : struct
        => new(name, typeof(T), nullable);

    /// <summary>Begins the next row group; the columns follow in the order of the schema.</summary>
    public void BeginGroup()
    {
        EndGroup();
        _group = _writer.CreateRowGroup();
        _next = 0;
    }

    /// <summary>Writes a column of values.</summary>
    public async Task WriteAsync<T>(int count, Func<int, T> value, CancellationToken cancellationToken)
        where T : struct
    {
        var values = ArrayPool<T>.Shared.Rent(count);
        for (var i = 0; i < count; i++)
        {
            values[i] = value(i);
        }

        await _group!.WriteAllPartsAsync<T>(_fields[_next++], values.AsMemory(0, count), null, null, cancellationToken);
        ArrayPool<T>.Shared.Return(values);
    }

    /// <summary>Writes a column of values that may be missing.</summary>
    public async Task WriteNullableAsync<T>(int count, Func<int, T?> value, CancellationToken cancellationToken)
        where T : struct
    {
        var values = ArrayPool<T>.Shared.Rent(count);
        var levels = ArrayPool<int>.Shared.Rent(count);
        var present = 0;
        for (var i = 0; i < count; i++)
        {
            var given = value(i);
            levels[i] = given.HasValue ? 1 : 0;
            if (given.HasValue)
            {
                values[present++] = given.GetValueOrDefault();
            }
        }

        await _group!.WriteAllPartsAsync<T>(_fields[_next++], values.AsMemory(0, present), levels.AsMemory(0, count), null, cancellationToken);
        ArrayPool<int>.Shared.Return(levels);
        ArrayPool<T>.Shared.Return(values, clearArray: typeof(T) == typeof(ReadOnlyMemory<char>));
    }

    /// <summary>Writes a text column; null where it is missing and the column allows that.</summary>
    public Task WriteTextAsync(int count, Func<int, string?> value, CancellationToken cancellationToken)
        => _fields[_next].IsNullable
            ? WriteNullableAsync<ReadOnlyMemory<char>>(count, i => value(i) is { } text ? text.AsMemory() : (ReadOnlyMemory<char>?)null, cancellationToken)
            : WriteAsync(count, i => value(i).AsMemory(), cancellationToken);

    /// <summary>Writes a text column of UTF-8 bytes, which come back as they are.</summary>
    public async Task WriteUtf8Async(int count, long totalBytes, Func<int, ReadOnlyMemory<byte>> value, CancellationToken cancellationToken)
    {
        var characters = ArrayPool<char>.Shared.Rent(checked((int)totalBytes));
        var used = 0;
        await WriteAsync<ReadOnlyMemory<char>>(
            count,
            i =>
            {
                var length = StrictUtf8.GetChars(value(i).Span, characters.AsSpan(used));
                used += length;
                return characters.AsMemory(used - length, length);
            },
            cancellationToken);
        ArrayPool<char>.Shared.Return(characters);
    }

    /// <summary>Ends the file: without it, what was written is none.</summary>
    public async Task FinishAsync()
    {
        EndGroup();
        await _writer.DisposeAsync();
    }

    public ValueTask DisposeAsync()
    {
        _group?.Dispose();
        return ValueTask.CompletedTask;
    }

    private void EndGroup()
    {
        _group?.CompleteValidate();
        _group?.Dispose();
        _group = null;
    }
}
