using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>The raw lake: every valid reading byte for byte, late ones too. The parser and its rules are those of the topology, and so is the verdict.</summary>
internal sealed class RawContent(string topic, ReadingRules rules, LakeFormat format) : ILakeContent
{
    private readonly ReadingParser _parser = new(rules);

    public string Name => "lake-raw";

    public string Topic => topic;

    public LakeRows NewRows(int partition) => new RawRows(_parser, topic, partition, format);
}

/// <summary>A reading in a batch. Its members are fields, so that looking at one copies nothing.</summary>
internal readonly struct RawRow(in Reading reading, long receivedAtMs, long offset, PayloadSlice payload)
{
    /// <summary>What the parser made of it.</summary>
    public readonly Reading Reading = reading;

    /// <summary>Its record timestamp.</summary>
    public readonly long ReceivedAtMs = receivedAtMs;

    /// <summary>Its offset.</summary>
    public readonly long Offset = offset;

    /// <summary>Where its bytes are.</summary>
    public readonly PayloadSlice Payload = payload;
}

/// <summary>The readings of one batch, by the folder they go to.</summary>
internal sealed class RawRows(ReadingParser parser, string topic, int partition, LakeFormat format) : LakeRows
{
    /// <summary>What a row takes beside its payload.</summary>
    private const int RowBytes = 176;

    private const int HourMs = 3_600_000;

    private readonly PayloadStore _payloads = new();
    private readonly Dictionary<Folder, RowList<RawRow>> _folders = [];

    public override void Add(in SinkRecord record)
    {
        if (!parser.TryParse(record.Value, record.TimestampMs, out var reading, out _))
        {
            return;
        }

        var folder = new Folder(reading.Type, reading.City, Math.DivRem(reading.TimestampMs, HourMs, out var rest) - (rest < 0 ? 1 : 0));
        if (!_folders.TryGetValue(folder, out var rows))
        {
            _folders.Add(folder, rows = new RowList<RawRow>());
        }

        rows.Add(new RawRow(reading, record.TimestampMs, record.Offset, _payloads.Add(record.Value)));
        Count++;
        Bytes += record.Value.Length + RowBytes;
    }

    public override IReadOnlyList<LakeDraft> Drafts(long first)
    {
        var drafts = new List<LakeDraft>();
        foreach (var (folder, rows) in _folders)
        {
            var path = LakePaths.HourFolder(LakePaths.Raw, folder.Type, folder.City, folder.Hour * HourMs);
            if (format == LakeFormat.Parquet)
            {
                var name = LakePaths.BatchName(topic, partition, first, "parquet");
                drafts.Add(new LakeDraft(path + name, RawParquet.ContentType, rows.Count, ct => RawParquet.WriteAsync(folder.Type, partition, rows, _payloads, ct)));
            }
            else
            {
                for (var i = 0; i < rows.Count; i++)
                {
                    var row = rows[i];
                    var name = LakePaths.ReadingName(row.Reading.SensorId, row.Reading.TimestampMs, partition, row.Offset);
                    drafts.Add(new LakeDraft(path + name, "application/json", 1, _ => Task.FromResult(_payloads.Read(row.Payload))));
                }
            }
        }

        return drafts;
    }

    public override void Dispose()
    {
        _payloads.Dispose();
        base.Dispose();
    }

    private readonly record struct Folder(SensorType Type, string City, long Hour);
}
