using System.Text.Json;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>The aggregate lake: the final row of every window, by the day on which the window starts.</summary>
internal sealed class AggregateContent(string topic, LakeFormat format, ILogger logger) : ILakeContent
{
    public string Name => "lake-aggregates";

    public string Topic => topic;

    public LakeRows NewRows(int partition) => new AggregateRows(topic, partition, format, logger);
}

/// <summary>A final row in a batch; its bytes are kept for the JSON format alone.</summary>
internal readonly record struct HeldAggregate(AggregateRow Row, long Offset, byte[]? Json);

/// <summary>The final rows of one batch, by the folder they go to.</summary>
internal sealed class AggregateRows(string topic, int partition, LakeFormat format, ILogger logger) : LakeRows
{
    private const int RowBytes = 1_200;

    private readonly Dictionary<string, List<HeldAggregate>> _folders = new(StringComparer.Ordinal);

    public override void Add(in SinkRecord record)
    {
        try
        {
            if (record.IsTombstone || !IsFinal(record.Value))
            {
                return;
            }

            var row = AggregateRow.ParseJson(record.Value);
            var folder = LakePaths.DayFolder(LakePaths.Aggregated, row.Group.Type, row.Group.City, row.WindowStartMs);
            if (!_folders.TryGetValue(folder, out var rows))
            {
                _folders.Add(folder, rows = []);
            }

            rows.Add(new HeldAggregate(row, record.Offset, format == LakeFormat.Json ? record.Value.ToArray() : null));
            Count++;
            Bytes += RowBytes;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            LakeLog.NotARow(logger, topic, record.Partition.ToString(), record.Offset, e.Message);
        }
    }

    public override IEnumerable<LakeDraft> Drafts(long first)
    {
        var drafts = new List<LakeDraft>();
        foreach (var (folder, rows) in _folders)
        {
            if (format == LakeFormat.Parquet)
            {
                var type = rows[0].Row.Group.Type;
                drafts.Add(new LakeDraft(
                    folder + LakePaths.BatchName(topic, partition, first, "parquet"), RawParquet.ContentType, rows.Count, ct => AggregateParquet.WriteAsync(type, rows, ct)));
            }
            else
            {
                drafts.AddRange(rows.Select(r => new LakeDraft(
                    folder + LakePaths.ReadingName(NameOf(r.Row.Group), r.Row.WindowStartMs, partition, r.Offset), "application/json", 1,
                    _ => Task.FromResult<ReadOnlyMemory<byte>>(r.Json))));
            }
        }

        return drafts;
    }

    private static string NameOf(GroupKey group) => group.District.Length == 0 ? "city" : group.District;

    /// <summary>Most rows are of open windows: this looks at the one member that says so.</summary>
    private static bool IsFinal(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("is_final"u8))
            {
                return reader.Read() && reader.TokenType == JsonTokenType.True;
            }
        }

        return false;
    }
}
