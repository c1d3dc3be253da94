using Parquet.Schema;

using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>Writes the final rows of one folder as Parquet, sorted by district and window, in the columns of the database's tables. The same rows give the same bytes.</summary>
internal static class AggregateParquet
{
    private static readonly ParquetSchema[] Schemas = [.. SensorTypes.All.Select(SchemaOf)];

    public static async Task<ReadOnlyMemory<byte>> WriteAsync(SensorType type, List<HeldAggregate> rows, CancellationToken cancellationToken)
    {
        var sorted = rows.Order(Comparer<HeldAggregate>.Create(Compare)).ToArray();
        var count = sorted.Length;
        var output = new MemoryStream();
        await using var file = await ParquetColumns.CreateAsync(Schemas[(int)type], output, cancellationToken);
        file.BeginGroup();
        await file.WriteTextAsync(count, i => sorted[i].Row.Group.District, cancellationToken);
        await file.WriteAsync(count, i => Utc(sorted[i].Row.WindowStartMs), cancellationToken);
        await file.WriteAsync(count, i => Utc(sorted[i].Row.WindowEndMs), cancellationToken);
        await file.WriteAsync(count, i => sorted[i].Row.ReadingCount, cancellationToken);
        foreach (var column in MetricColumns.Of(SensorTypes.Of(type)))
        {
            if (column.Figure == MetricFigure.Count)
            {
                await file.WriteAsync(count, i => sorted[i].Row.Metrics[column.MetricIndex].Count, cancellationToken);
            }
            else
            {
                await file.WriteNullableAsync(count, i => column.Value(sorted[i].Row.Metrics[column.MetricIndex]), cancellationToken);
            }
        }

        await file.WriteAsync(count, i => sorted[i].Row.Epoch, cancellationToken);
        await file.WriteAsync(count, i => sorted[i].Row.Revision, cancellationToken);
        await file.WriteAsync(count, i => Utc(sorted[i].Row.ProcessingTimeMs), cancellationToken);
        await file.FinishAsync();
        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }

    private static ParquetSchema SchemaOf(SensorTypeDefinition type) => new(
    [
        ParquetColumns.Text("district"),
        ParquetColumns.Time("window_start"),
        ParquetColumns.Time("window_end"),
        ParquetColumns.Number<long>("reading_count"),
        .. MetricColumns.Of(type).Select(c => c.Figure == MetricFigure.Count
            ? ParquetColumns.Number<long>(c.Name)
            : ParquetColumns.Number<double>(c.Name, nullable: true)),
        ParquetColumns.Number<int>("epoch"),
        ParquetColumns.Number<long>("revision"),
        ParquetColumns.Time("processing_time"),
    ]);

    private static DateTime Utc(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime;

    private static int Compare(HeldAggregate left, HeldAggregate right)
    {
        var byDistrict = string.CompareOrdinal(left.Row.Group.District, right.Row.Group.District);
        if (byDistrict != 0)
        {
            return byDistrict;
        }

        var byWindow = left.Row.WindowStartMs.CompareTo(right.Row.WindowStartMs);
        return byWindow != 0 ? byWindow : left.Offset.CompareTo(right.Offset);
    }
}
