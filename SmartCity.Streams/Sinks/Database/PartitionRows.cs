using System.Runtime.InteropServices;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>
/// What was read of one partition and is not yet written: a stretch of offsets, and of what stands in it the newest row of each window, the newest status of
/// each sensor and the greatest watermark of each type and city.
/// </summary>
internal sealed class PartitionRows(SourceLog log, int partition, long next)
{
    private readonly Dictionary<(GroupKey Group, long StartMs), AggregateRow> _windows = [];
    private readonly Dictionary<string, SensorRow> _sensors = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Type, string City), Progress> _progress = [];

    private readonly Dictionary<QualityKey, long> _quality = [];
    private readonly List<TaskProgress> _told = [];

    /// <summary>The log it is of.</summary>
    public SourceLog Log { get; } = log;

    /// <summary>The partition's number.</summary>
    public int Partition { get; } = partition;

    /// <summary>Where the database stands.</summary>
    public long First { get; private set; } = next;

    /// <summary>One past the last record taken; equal to <see cref="First"/> when there is nothing to write.</summary>
    public long Next { get; private set; } = next;

    public bool IsEmpty => Next == First;

    public IReadOnlyCollection<AggregateRow> Windows => _windows.Values;

    public IReadOnlyCollection<SensorRow> Sensors => _sensors.Values;

    public IReadOnlyDictionary<(string Type, string City), Progress> Watermarks => _progress;

    public IReadOnlyDictionary<QualityKey, long> Quality => _quality;

    /// <summary>What window tasks said of themselves.</summary>
    public IReadOnlyList<TaskProgress> Told => _told;

    /// <summary>The records taken that change something.</summary>
    public int Count => _windows.Count + _sensors.Count + _quality.Count;

    public void Take(AggregateRow row, long offset)
    {
        Next = offset + 1;
        var key = (row.Group, row.WindowStartMs);
        if (!_windows.TryGetValue(key, out var other) || (row.Epoch, row.Revision).CompareTo((other.Epoch, other.Revision)) >= 0)
        {
            _windows[key] = row;
        }

        if (row.WatermarkMs is { } watermark)
        {
            var group = (SensorTypes.Of(row.Group.Type).Name, row.Group.City);
            if (!_progress.TryGetValue(group, out var progress) || progress.WatermarkMs < watermark)
            {
                _progress[group] = new(watermark, row.ProcessingTimeMs);
            }
        }
    }

    public void Take(SensorStatus status, long offset)
    {
        Next = offset + 1;
        _sensors[status.Latest.SensorId] = new(status, Partition, offset);
    }

    /// <summary>Adds to the counts of an hour.</summary>
    public void Take(ReadOnlySpan<KeyValuePair<QualityKey, long>> counts, long offset)
    {
        Next = offset + 1;
        foreach (var (key, count) in counts)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_quality, key, out _) += count;
        }
    }

    /// <summary>Notes how far a window task is.</summary>
    public void Take(TaskProgress progress, long offset)
    {
        Next = offset + 1;
        _told.Add(progress);
    }

    /// <summary>Notes a record that changes nothing.</summary>
    public void Skip(long offset) => Next = offset + 1;

    /// <summary>What was held is written.</summary>
    public void Written() => StartAt(Next);

    /// <summary>Drops what is held and starts where the database stands.</summary>
    public void StartAt(long offset)
    {
        (First, Next) = (offset, offset);
        _windows.Clear();
        _sensors.Clear();
        _progress.Clear();
        _quality.Clear();
        _told.Clear();
    }
}

/// <summary>What is counted: readings of one kind, for one reason, in one hour.</summary>
internal readonly record struct QualityKey(long HourMs, string Kind, string Reason);

/// <summary>A watermark with the processing time of the row that carried it.</summary>
internal readonly record struct Progress(long WatermarkMs, long ProcessingTimeMs);

/// <summary>A sensor's status and where it was read.</summary>
internal sealed record SensorRow(SensorStatus Status, int Partition, long Offset);
