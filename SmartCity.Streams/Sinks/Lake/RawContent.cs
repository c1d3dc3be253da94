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

/// <summary>A reading in a batch.</summary>
/// <param name="Reading">What the parser made of it.</param>
/// <param name="ReceivedAtMs">Its record timestamp.</param>
/// <param name="Offset">Its offset.</param>
/// <param name="Payload">Where its bytes are.</param>
internal readonly record struct RawRow(Reading Reading, long ReceivedAtMs, long Offset, PayloadSlice Payload);

/// <summary>The readings of one batch, by the folder they go to.</summary>
internal sealed class RawRows(ReadingParser parser, string topic, int partition, LakeFormat format) : LakeRows
{
    /// <summary>What a row takes beside its payload.</summary>
    private const int RowBytes = 176;

    private const int HourMs = 3_600_000;

    private readonly PayloadStore _payloads = new();
    private readonly Dictionary<Folder, List<RawRow>> _folders = [];

    public override void Add(in SinkRecord record)
    {
        if (!parser.TryParse(record.Value, record.TimestampMs, out var reading, out _))
        {
            return;
        }

        var folder = new Folder(reading.Type, reading.City, Math.DivRem(reading.TimestampMs, HourMs, out var rest) - (rest < 0 ? 1 : 0));
        if (!_folders.TryGetValue(folder, out var rows))
        {
            _folders.Add(folder, rows = []);
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
                drafts.Add(new LakeDraft(path + LakePaths.BatchName(topic, partition, first, "parquet"), RawParquet.ContentType, rows.Count, ct => RawParquet.WriteAsync(folder.Type, partition, rows, _payloads, ct)));
            }
            else
            {
                drafts.AddRange(rows.Select(row => new LakeDraft(path + LakePaths.ReadingName(row.Reading.SensorId, row.Reading.TimestampMs, partition, row.Offset), "application/json", 1, _ => Task.FromResult(_payloads.Read(row.Payload)))));
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
