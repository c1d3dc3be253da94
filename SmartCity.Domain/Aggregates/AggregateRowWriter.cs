using System.Buffers;
using System.Text.Json;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>Writes the JSON form of <see cref="AggregateRow"/>.</summary>
internal static class AggregateRowWriter
{
    public static void Write(AggregateRow row, IBufferWriter<byte> output)
    {
        var definition = SensorTypes.Of(row.Group.Type);
        var json = RowJson.Writer(output);
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
        json.Flush();
    }

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
}
