using System.Text.Json;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>Reads the JSON form of <see cref="AggregateRow"/>, its members in any order. A row is read by each sink, hence no document tree.</summary>
internal static class AggregateRowReader
{
    // Indexes are bits in the mask of members seen.
    private static readonly string[] Required =
    [
        "sensor_type", "city", "district", "window_start", "window_end", "reading_count", "is_final", "epoch", "revision", "watermark", "processing_time", "metrics",
    ];

    public static AggregateRow Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return ReadRow(bytes);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"Not an aggregate row: {e.Message}", e);
        }
    }

    private static AggregateRow ReadRow(ReadOnlySpan<byte> bytes)
    {
        SensorType type = default;
        string city = "", district = "";
        long windowStartMs = 0, windowEndMs = 0, readingCount = 0, epoch = 0, revision = 0, processingTimeMs = 0;
        long? watermarkMs = null;
        var isFinal = false;
        var metricsAt = default(Utf8JsonReader);
        var seen = 0;

        var json = new Utf8JsonReader(bytes);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("Not an aggregate row: not a JSON object.");
        }

        while (RowJson.NextMember(ref json, out var name))
        {
            var index = IndexOf(name);
            seen |= index < 0 ? 0 : 1 << index;
            switch (index)
            {
                case 0: type = ReadType(ref json); break;
                case 1: city = RowJson.Text(ref json, "city"); break;
                case 2: district = RowJson.Text(ref json, "district"); break;
                case 3: windowStartMs = RowJson.Time(ref json, "window_start"); break;
                case 4: windowEndMs = RowJson.Time(ref json, "window_end"); break;
                case 5: readingCount = RowJson.Whole(ref json, "reading_count"); break;
                case 6: isFinal = ReadBoolean(ref json, "is_final"); break;
                case 7: epoch = RowJson.Whole(ref json, "epoch"); break;
                case 8: revision = RowJson.Whole(ref json, "revision"); break;
                case 9: watermarkMs = json.TokenType == JsonTokenType.Null ? null : RowJson.Time(ref json, "watermark"); break;
                case 10: processingTimeMs = RowJson.Time(ref json, "processing_time"); break;
                case 11:
                    metricsAt = json; // The type may still be to come.
                    json.Skip();
                    break;
                default: json.Skip(); break;
            }
        }

        json.Read(); // Throws when anything follows.
        if (seen != (1 << Required.Length) - 1)
        {
            throw new FormatException($"{Required[System.Numerics.BitOperations.TrailingZeroCount(~seen)]} is missing.");
        }

        return new AggregateRow
        {
            Group = new GroupKey(type, city, district),
            WindowStartMs = windowStartMs,
            WindowEndMs = windowEndMs,
            ReadingCount = readingCount,
            IsFinal = isFinal,
            Epoch = epoch is >= int.MinValue and <= int.MaxValue ? (int)epoch : throw new FormatException("epoch is out of range."),
            Revision = revision,
            WatermarkMs = watermarkMs,
            ProcessingTimeMs = processingTimeMs,
            Metrics = ReadMetrics(ref metricsAt, type),
        };
    }

    private static int IndexOf(ReadOnlySpan<byte> name)
        => name.SequenceEqual("sensor_type"u8) ? 0
            : name.SequenceEqual("city"u8) ? 1
            : name.SequenceEqual("district"u8) ? 2
            : name.SequenceEqual("window_start"u8) ? 3
            : name.SequenceEqual("window_end"u8) ? 4
            : name.SequenceEqual("reading_count"u8) ? 5
            : name.SequenceEqual("is_final"u8) ? 6
            : name.SequenceEqual("epoch"u8) ? 7
            : name.SequenceEqual("revision"u8) ? 8
            : name.SequenceEqual("watermark"u8) ? 9
            : name.SequenceEqual("processing_time"u8) ? 10
            : name.SequenceEqual("metrics"u8) ? 11
            : -1;

    private static SensorType ReadType(ref Utf8JsonReader json)
        => json.TokenType == JsonTokenType.String && CatalogueIndex.TryFindType(json.ValueSpan, out var type) ? type : throw new FormatException("sensor_type is unknown.");

    private static bool ReadBoolean(ref Utf8JsonReader json, string name)
        => json.TokenType is JsonTokenType.True or JsonTokenType.False ? json.GetBoolean() : throw new FormatException($"{name} is not a boolean.");

    private static MetricSummary[] ReadMetrics(ref Utf8JsonReader json, SensorType type)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("metrics is not an object.");
        }

        var definition = SensorTypes.Of(type);
        var slots = CatalogueIndex.SlotsOf(type);
        var metrics = new MetricSummary[definition.Metrics.Count];
        while (RowJson.NextMember(ref json, out var name))
        {
            var slot = CatalogueIndex.SlotOf(name);
            var index = 0;
            while (index < slots.Length && slots[index].Slot != slot)
            {
                index++;
            }

            if (index < slots.Length)
            {
                metrics[index] = ReadMetric(ref json, definition.Metrics[index].Name);
            }
            else
            {
                json.Skip();
            }
        }

        return metrics;
    }

    private static MetricSummary ReadMetric(ref Utf8JsonReader json, string metric)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException($"metrics.{metric} is not an object.");
        }

        long count = 0;
        decimal? sum = null;
        double? mean = null, min = null, max = null, deviation = null, consistency = null, first = null, last = null;
        while (RowJson.NextMember(ref json, out var name))
        {
            if (name.SequenceEqual("count"u8))
            {
                count = RowJson.Whole(ref json, "count");
            }
            else if (name.SequenceEqual("sum"u8))
            {
                sum = json.TokenType == JsonTokenType.Number && json.TryGetDecimal(out var exact) ? exact : throw new FormatException($"metrics.{metric}.sum is not a decimal.");
            }
            else if (name.SequenceEqual("avg"u8))
            {
                mean = RowJson.Figure(ref json, "avg");
            }
            else if (name.SequenceEqual("min"u8))
            {
                min = RowJson.Figure(ref json, "min");
            }
            else if (name.SequenceEqual("max"u8))
            {
                max = RowJson.Figure(ref json, "max");
            }
            else if (name.SequenceEqual("stddev"u8))
            {
                deviation = RowJson.Figure(ref json, "stddev");
            }
            else if (name.SequenceEqual("consistency"u8))
            {
                consistency = RowJson.Figure(ref json, "consistency");
            }
            else if (name.SequenceEqual("first"u8))
            {
                first = RowJson.Figure(ref json, "first");
            }
            else if (name.SequenceEqual("last"u8))
            {
                last = RowJson.Figure(ref json, "last");
            }
            else
            {
                json.Skip();
            }
        }

        return new MetricSummary(count, sum, mean, min, max, deviation, consistency, first, last);
    }
}
