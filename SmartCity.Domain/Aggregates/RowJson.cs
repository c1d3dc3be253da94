using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>What the JSON of rows and statuses is written and read with. Reading throws <see cref="FormatException"/> naming the member at fault.</summary>
internal static class RowJson
{
    // Names keep their letters; what HTML would need escaped is no concern of a topic.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static Utf8JsonWriter Writer(IBufferWriter<byte> output) => new(output, Options);

    public static void WriteTime(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long ms)
    {
        Span<byte> text = stackalloc byte[Rfc3339.MaxLength];
        json.WriteString(name, text[..Rfc3339.Format(ms, text)]);
    }

    public static void WriteTimeWithMilliseconds(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long ms)
    {
        Span<byte> text = stackalloc byte[Rfc3339.MaxLength];
        json.WriteString(name, text[..Rfc3339.FormatMilliseconds(ms, text)]);
    }

    public static void WriteFigure(this Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static T Parse<T>(ReadOnlySpan<byte> bytes, string what, Func<JsonElement, T> read)
    {
        var reader = new Utf8JsonReader(bytes);
        try
        {
            using var document = JsonDocument.ParseValue(ref reader);
            if (reader.Read() || document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new FormatException($"Not {what}: not one JSON object.");
            }

            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or OverflowException)
        {
            throw new FormatException($"Not {what}: {e.Message}", e);
        }
    }

    public static JsonElement Member(JsonElement parent, string name)
        => parent.TryGetProperty(name, out var member) ? member : throw new FormatException($"{name} is missing.");

    public static JsonElement Member(JsonElement parent, string name, JsonValueKind kind)
        => Member(parent, name) is var member && member.ValueKind == kind ? member : throw new FormatException($"{name} is not of JSON type {kind}.");

    public static string Text(JsonElement parent, string name) => Member(parent, name, JsonValueKind.String).GetString()!;

    public static long Whole(JsonElement parent, string name)
        => Member(parent, name, JsonValueKind.Number).TryGetInt64(out var value) ? value : throw new FormatException($"{name} is not a whole number.");

    /// <summary>A number; null when it is null or absent.</summary>
    public static double? Figure(JsonElement parent, string name)
        => !parent.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null ? null
            : member.ValueKind == JsonValueKind.Number && member.TryGetDouble(out var value) && double.IsFinite(value) ? value
            : throw new FormatException($"{name} is not a finite number.");

    public static long Time(JsonElement parent, string name)
        => Rfc3339.TryParse(Encoding.UTF8.GetBytes(Text(parent, name)), out var ms) == TimestampFormat.WithOffset ? ms : throw new FormatException($"{name} is not RFC 3339.");

    public static SensorTypeDefinition SensorType(JsonElement root)
        => CatalogueIndex.TryFindType(Encoding.UTF8.GetBytes(Text(root, "sensor_type")), out var type)
            ? SensorTypes.Of(type)
            : throw new FormatException("sensor_type is unknown.");
}
