using System.Collections.Concurrent;

using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>The raw lake: every valid reading byte for byte, late ones too. The parser and its rules are those of the topology, and so is the verdict.</summary>
internal sealed class RawContent(string topic, ReadingRules rules, LakeFormat format) : ILakeContent
{
    private readonly ReadingParser _parser = new(rules);
    private readonly ConcurrentBag<ReadingParser> _parsers = [];

    public string Name => "lake-raw";

    public string Topic => topic;

    public LakeRows NewRows(int partition) => new RawRows(this, partition, format);

    /// <summary>Reads a record that has just come, on the thread that takes them.</summary>
    public bool TryParse(in SinkRecord record, out Reading reading) => _parser.TryParse(record.Value, record.TimestampMs, out reading, out _);

    /// <summary>Reads the readings of a folder once more. Any thread.</summary>
    public RowList<RawRow> Unpack(PackedReadings packed)
    {
        var parser = _parsers.TryTake(out var free) ? free : new ReadingParser(rules);
        var rows = new RowList<RawRow>();
        foreach (var block in packed.Unpack())
        {
            for (var rest = block; PackedReadings.Read(ref rest, out var offset, out var receivedAtMs, out var payload);)
            {
                if (!parser.TryParse(payload.Span, receivedAtMs, out var reading, out var rejection))
                {
                    throw new InvalidOperationException($"A reading that was valid is not any more: {rejection.Reason} at offset {offset}.");
                }

                rows.Add(new RawRow(reading, receivedAtMs, offset, payload));
            }
        }

        _parsers.Add(parser);
        return rows;
    }
}

/// <summary>A reading of a folder that is being written. Its members are fields, so that looking at one copies nothing.</summary>
internal readonly struct RawRow(in Reading reading, long receivedAtMs, long offset, ReadOnlyMemory<byte> payload)
{
    /// <summary>What the parser made of it.</summary>
    public readonly Reading Reading = reading;

    /// <summary>Its record timestamp.</summary>
    public readonly long ReceivedAtMs = receivedAtMs;

    /// <summary>Its offset.</summary>
    public readonly long Offset = offset;

    /// <summary>Its bytes.</summary>
    public readonly ReadOnlyMemory<byte> Payload = payload;
}

/// <summary>The readings of one batch, by the folder they go to.</summary>
internal sealed class RawRows(RawContent content, int partition, LakeFormat format) : LakeRows
{
    private const int HourMs = 3_600_000;

    private readonly Dictionary<Folder, PackedReadings> _folders = [];

    public override void Add(in SinkRecord record)
    {
        if (!content.TryParse(record, out var reading))
        {
            return;
        }

        var folder = new Folder(reading.Type, reading.City, Math.DivRem(reading.TimestampMs, HourMs, out var rest) - (rest < 0 ? 1 : 0));
        if (!_folders.TryGetValue(folder, out var packed))
        {
            _folders.Add(folder, packed = new PackedReadings());
        }

        var before = packed.Bytes;
        packed.Add(record.Offset, record.TimestampMs, record.Value);
        Count++;
        Bytes += packed.Bytes - before;
    }

    public override IEnumerable<LakeDraft> Drafts(long first)
    {
        foreach (var (folder, packed) in _folders)
        {
            var path = LakePaths.HourFolder(LakePaths.Raw, folder.Type, folder.City, folder.Hour * HourMs);
            if (format == LakeFormat.Parquet)
            {
                yield return new LakeDraft(
                    path + LakePaths.BatchName(content.Topic, partition, first, "parquet"), RawParquet.ContentType, packed.Count,
                    ct => RawParquet.WriteAsync(folder.Type, partition, content.Unpack(packed), ct));
                continue;
            }

            var rows = content.Unpack(packed);
            for (var i = 0; i < rows.Count; i++)
            {
                var row = rows[i];
                var name = LakePaths.ReadingName(row.Reading.SensorId, row.Reading.TimestampMs, partition, row.Offset);
                yield return new LakeDraft(path + name, "application/json", 1, _ => Task.FromResult(row.Payload));
            }
        }
    }

    private readonly record struct Folder(SensorType Type, string City, long Hour);
}
