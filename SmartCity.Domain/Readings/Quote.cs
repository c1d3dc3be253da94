using System.Text;
using System.Text.Json;

namespace SmartCity.Domain.Readings;

/// <summary>Parts of a producer's input in sentences for people: shortened, and without anything that could garble a log or a page.</summary>
internal static class Quote
{
    private const int MaxBytes = 48;

    /// <summary>A string or number.</summary>
    public static string Of(scoped in JsonToken token)
    {
        var raw = token.Text;
        var shortened = raw.Length > MaxBytes;
        if (shortened)
        {
            raw = raw[..MaxBytes];
            while (Rune.DecodeLastFromUtf8(raw, out _, out var bytes) != System.Buffers.OperationStatus.Done)
            {
                raw = raw[..^bytes];
            }
        }

        var text = new StringBuilder(MaxBytes);
        foreach (var rune in Encoding.UTF8.GetString(raw).EnumerateRunes())
        {
            text.Append(IsPlain(rune) ? rune.ToString() : $"\\u{{{rune.Value:x}}}");
        }

        text.Append(shortened ? "…" : "");
        return token.Type == JsonTokenType.String ? $"\"{text}\"" : text.ToString();
    }

    /// <summary>A JSON type's name with its article.</summary>
    public static string NameOf(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        _ => "null",
    };

    /// <summary>Controls, bidirectional marks and other invisible characters are written as their code.</summary>
    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator
        or System.Globalization.UnicodeCategory.ParagraphSeparator or System.Globalization.UnicodeCategory.Surrogate or System.Globalization.UnicodeCategory.PrivateUse);
}
