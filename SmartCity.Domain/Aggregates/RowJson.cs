using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>What the JSON of rows and statuses is written and read with. Reading throws <see cref="FormatException"/> naming the member at fault.</summary>
internal static class RowJson
{
    // Names keep their letters; what HTML would need escaped is no concern of a topic.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static Utf8JsonWriter? t_writer;

    /// <summary>A writer that this thread uses for one JSON value after the other; flush it at the end.</summary>
    public static Utf8JsonWriter Writer(IBufferWriter<byte> output)
    {
        if (t_writer is { } writer)
        {
            writer.Reset(output);
            return writer;
        }

        return t_writer = new Utf8JsonWriter(output, Options);
    }

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
            json.WritePropertyName(name);
            json.WriteFigure(number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteFigure(this Utf8JsonWriter json, double value)
    {
        Span<byte> text = stackalloc byte[ShortNumber.MaxLength];
        if (ShortNumber.TryFormat(value, text, out var written))
        {
            json.WriteRawValue(text[..written], skipInputValidation: true);
        }
        else
        {
            json.WriteNumberValue(value);
        }
    }

    /// <summary>Moves to the next member's value and hands out its name; false at the object's end.</summary>
    public static bool NextMember(ref Utf8JsonReader json, out ReadOnlySpan<byte> name)
    {
        json.Read();
        name = json.TokenType == JsonTokenType.PropertyName ? json.ValueSpan : default;
        return json.TokenType == JsonTokenType.PropertyName && json.Read();
    }

    public static string Text(ref Utf8JsonReader json, string name)
        => json.TokenType == JsonTokenType.String ? json.GetString()! : throw new FormatException($"{name} is not a string.");

    public static long Whole(ref Utf8JsonReader json, string name)
        => json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var value) ? value : throw new FormatException($"{name} is not a whole number.");

    /// <summary>A number, or null.</summary>
    public static double? Figure(ref Utf8JsonReader json, string name)
        => json.TokenType == JsonTokenType.Null ? null
            : json.TokenType == JsonTokenType.Number && JsonText.ParseNumber(json.ValueSpan) is var value && double.IsFinite(value) ? value
            : throw new FormatException($"{name} is not a finite number.");

    public static long Time(ref Utf8JsonReader json, string name)
        => json.TokenType == JsonTokenType.String && Rfc3339.TryParse(json.ValueSpan, out var ms) == TimestampFormat.WithOffset ? ms : throw new FormatException($"{name} is not RFC 3339.");
}
