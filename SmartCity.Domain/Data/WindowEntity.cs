namespace SmartCity.Domain.Data;

/// <summary>
/// One row of a window table: one class mapped to five tables, since they differ only in their metric columns. Those are reached by column name
/// through the indexer (<see cref="MetricColumns.Of"/> lists them).
/// </summary>
public sealed class WindowEntity
{
    internal static readonly string[] PropertyOrder =
    [
        nameof(City), nameof(District), nameof(WindowStart), nameof(WindowEnd), nameof(Aligned), nameof(ReadingCount), nameof(IsFinal), nameof(Epoch), nameof(Revision),
        nameof(ProcessingTime),
    ];

    private readonly Dictionary<string, object?> _metrics = new(StringComparer.Ordinal);

    /// <summary>The city.</summary>
    public string City { get; set; } = "";

    /// <summary>The district; <c>""</c> is the whole city.</summary>
    public string District { get; set; } = "";

    /// <summary>The window's start (included), UTC.</summary>
    public DateTime WindowStart { get; set; }

    /// <summary>The window's end (excluded), UTC.</summary>
    public DateTime WindowEnd { get; set; }

    /// <summary>True when the start is a multiple of the window's size: aligned windows are disjoint, so they alone may be added up.</summary>
    public bool Aligned { get; set; }

    /// <summary>The readings counted.</summary>
    public long ReadingCount { get; set; }

    /// <summary>True once the watermark has passed end + grace: the row never changes again.</summary>
    public bool IsFinal { get; set; }

    /// <summary>Raised by a reprocessing, so that its rows win.</summary>
    public int Epoch { get; set; }

    /// <summary>Orders the versions of this row within an epoch.</summary>
    public long Revision { get; set; }

    /// <summary>When the row was emitted, UTC.</summary>
    public DateTime ProcessingTime { get; set; }

    /// <summary>The value of a metric column: a <see cref="long"/> for counts, a <see cref="double"/> or null otherwise.</summary>
    public object? this[string column]
    {
        get => _metrics.GetValueOrDefault(column);
        set => _metrics[column] = value;
    }
}
