using System.Buffers;
using System.Text.Json;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>The JSON form of <see cref="AggregateRow"/>.</summary>
internal static class AggregateRowJson
{
    public static void Write(AggregateRow row, IBufferWriter<byte> output)
    {
        var definition = SensorTypes.Of(row.Group.Type);
        using var json = RowJson.Writer(output);
        json.WriteStartObject();
        json.WriteString("sensor_type"u8, definition.Name);
        json.WriteString("city"u8, row.Group.City);
        json.WriteString("district"u8, row.Group.District);
        json.WriteTime("window_start"u8, row.WindowStartMs);
        json.WriteTime("window_end"u8, row.WindowEndMs);
        json.WriteNumber("reading_count"u8, row.ReadingCount);
        json.WriteBoolean("is_final"u8, row.IsFinal);
        json.WriteNumber("epoch"u8, row.Epoch);
        json.WriteNumber("revision"u8, row.Revision);
        if (row.WatermarkMs is { } watermarkMs)
        {
            json.WriteTimeWithMilliseconds("watermark"u8, watermarkMs);
        }
        else
        {
            json.WriteNull("watermark"u8);
        }

        json.WriteTimeWithMilliseconds("processing_time"u8, row.ProcessingTimeMs);
        json.WriteStartObject("metrics"u8);
        for (var i = 0; i < row.Metrics.Count; i++)
        {
            if (row.Metrics[i].Count > 0)
            {
                json.WritePropertyName(definition.Metrics[i].Name);
                WriteMetric(json, definition.Metrics[i].Kind, row.Metrics[i]);
            }
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static AggregateRow Parse(ReadOnlySpan<byte> bytes) => RowJson.Parse(bytes, "an aggregate row", static root =>
    {
        var definition = RowJson.SensorType(root);
        var metrics = new MetricSummary[definition.Metrics.Count];
        var figures = RowJson.Member(root, "metrics", JsonValueKind.Object);
        for (var i = 0; i < metrics.Length; i++)
        {
            if (figures.TryGetProperty(definition.Metrics[i].Name, out var figure))
            {
                metrics[i] = ReadMetric(figure, definition.Metrics[i].Name);
            }
        }

        return new AggregateRow
        {
            Group = new GroupKey(definition.Type, RowJson.Text(root, "city"), RowJson.Text(root, "district")),
            WindowStartMs = RowJson.Time(root, "window_start"),
            WindowEndMs = RowJson.Time(root, "window_end"),
            ReadingCount = RowJson.Whole(root, "reading_count"),
            IsFinal = RowJson.Member(root, "is_final").ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => throw new FormatException("is_final is not a boolean."),
            },
            Epoch = checked((int)RowJson.Whole(root, "epoch")),
            Revision = RowJson.Whole(root, "revision"),
            WatermarkMs = RowJson.Member(root, "watermark").ValueKind == JsonValueKind.Null ? null : RowJson.Time(root, "watermark"),
            ProcessingTimeMs = RowJson.Time(root, "processing_time"),
            Metrics = metrics,
        };
    });

    private static void WriteMetric(Utf8JsonWriter json, MetricKind kind, MetricSummary metric)
    {
        json.WriteStartObject();
        json.WriteNumber("count"u8, metric.Count);
        if (kind == MetricKind.Circular)
        {
            json.WriteFigure("avg"u8, metric.Mean);
            json.WriteFigure("consistency"u8, metric.Consistency);
        }
        else
        {
            json.WriteNumber("sum"u8, metric.Sum ?? throw new InvalidOperationException("A metric with values has a sum."));
            json.WriteFigure("avg"u8, metric.Mean);
            json.WriteFigure("min"u8, metric.Min);
            json.WriteFigure("max"u8, metric.Max);
            json.WriteFigure("stddev"u8, metric.StdDev);
        }

        json.WriteFigure("first"u8, metric.First);
        json.WriteFigure("last"u8, metric.Last);
        json.WriteEndObject();
    }

    private static MetricSummary ReadMetric(JsonElement figure, string name)
    {
        if (figure.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"metrics.{name} is not an object.");
        }

        decimal? sum = null;
        if (figure.TryGetProperty("sum", out var exact))
        {
            sum = exact.ValueKind == JsonValueKind.Number && exact.TryGetDecimal(out var value) ? value : throw new FormatException($"metrics.{name}.sum is not a decimal.");
        }

        return new MetricSummary(
            RowJson.Whole(figure, "count"),
            sum,
            RowJson.Figure(figure, "avg"),
            RowJson.Figure(figure, "min"),
            RowJson.Figure(figure, "max"),
            RowJson.Figure(figure, "stddev"),
            RowJson.Figure(figure, "consistency"),
            RowJson.Figure(figure, "first"),
            RowJson.Figure(figure, "last"));
    }
}
