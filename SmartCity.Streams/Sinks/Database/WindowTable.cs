using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>One type's window table as SQL that PostgreSQL and SQLite share. Every identifier comes from the catalogue, none from data.</summary>
internal sealed class WindowTable
{
    private static readonly string[] KeyColumns = ["city", "district", "window_start", "aligned"];
    private static readonly string[] OtherColumns = ["window_end", "reading_count", "is_final", "epoch", "revision", "processing_time"];

    private WindowTable(SensorTypeDefinition definition)
    {
        Definition = definition;
        MetricColumns = Domain.Data.MetricColumns.Of(definition);
        Columns = [.. KeyColumns, .. OtherColumns, .. MetricColumns.Select(column => column.Name)];
        ColumnList = string.Join(", ", Columns);
        OnConflict = $"""
            ON CONFLICT ({string.Join(", ", KeyColumns)}) DO UPDATE SET {string.Join(", ", Columns.Skip(KeyColumns.Length).Select(column => $"{column} = excluded.{column}"))}
            WHERE (excluded.epoch, excluded.revision) > ({definition.Table}.epoch, {definition.Table}.revision)
            """;
    }

    /// <summary>The tables, indexed by type.</summary>
    public static IReadOnlyList<WindowTable> All { get; } = [.. SensorTypes.All.Select(definition => new WindowTable(definition))];

    public SensorTypeDefinition Definition { get; }

    public string Name => Definition.Table;

    /// <summary>Every column: the key's four, the six that all tables share, the metrics'.</summary>
    public IReadOnlyList<string> Columns { get; }

    public IReadOnlyList<MetricColumn> MetricColumns { get; }

    public string ColumnList { get; }

    /// <summary>Lets a row win over an older version of itself only.</summary>
    public string OnConflict { get; }

    /// <summary>True when the window starts at a multiple of its size: such windows are disjoint and may be added up.</summary>
    public static bool IsAligned(AggregateRow row) => row.WindowStartMs % (row.WindowEndMs - row.WindowStartMs) == 0;

    public static DateTime Utc(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime;
}
