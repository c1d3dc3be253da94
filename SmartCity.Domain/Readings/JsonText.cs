using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartCity.Domain.Readings;

/// <summary>A JSON value: what it is and, for strings, numbers and words, its bytes (a string's without quotes and escapes).</summary>
/// <param name="type">What it is.</param>
/// <param name="text">Its bytes.</param>
/// <param name="isNoText">True for a string that is no text, since it holds a lone surrogate, or is longer with its escapes than any valid one.</param>
internal readonly ref struct JsonToken(JsonTokenType type, ReadOnlySpan<byte> text, bool isNoText = false)
{
    public JsonTokenType Type { get; } = type;

    public ReadOnlySpan<byte> Text { get; } = text;

    public bool IsNoText { get; } = isNoText;

    /// <summary>Absent and null are the same in the contract.</summary>
    public bool IsMissing => Type is JsonTokenType.None or JsonTokenType.Null;
}

/// <summary>Strings and numbers of JSON that a <see cref="Utf8JsonReader"/> has found well-formed, without allocating or throwing.</summary>
internal static class JsonText
{
    private const long LargestExactInteger = 1L << 53;

    private static readonly double[] PowersOfTen =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>
    /// Writes a string without its escapes, as UTF-8. False when it holds a lone surrogate (which is no text) or does not fit.
    /// </summary>
    public static bool TryUnescape(ReadOnlySpan<byte> raw, Span<byte> buffer, out int written)
    {
        written = 0;
        while (true)
        {
            var run = raw.IndexOf((byte)'\\');
            var plain = run < 0 ? raw : raw[..run];
            if (!plain.TryCopyTo(buffer[written..]))
            {
                return false;
            }

            written += plain.Length;
            if (run < 0)
            {
                return true;
            }

            raw = raw[run..];
            if (!TryReadEscape(ref raw, out var rune) || !rune.TryEncodeToUtf8(buffer[written..], out var bytes))
            {
                return false;
            }

            written += bytes;
        }
    }

    /// <summary>The double nearest to a JSON number; infinite when it is too large for one.</summary>
    public static double ParseNumber(ReadOnlySpan<byte> text)
    {
        // A mantissa and a power of ten that are both exact in a double give the nearest double by one division (Clinger 1990).
        var negative = text[0] == '-';
        long mantissa = 0;
        var decimals = -1;
        for (var i = negative ? 1 : 0; i < text.Length; i++)
        {
            var digit = text[i] - '0';
            if ((uint)digit <= 9 && mantissa < LargestExactInteger / 10)
            {
                mantissa = (mantissa * 10) + digit;
                decimals += decimals >= 0 ? 1 : 0;
            }
            else if (text[i] == '.')
            {
                decimals = 0;
            }
            else
            {
                return double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
            }
        }

        if (decimals >= PowersOfTen.Length)
        {
            return double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        }

        return Quotient(mantissa, decimals, negative);
    }

    /// <summary>The double nearest to mantissa / 10^decimals, for a mantissa below 2^53 and up to 22 decimals.</summary>
    public static double Quotient(long mantissa, int decimals, bool negative)
    {
        var value = decimals > 0 ? mantissa / PowersOfTen[decimals] : mantissa;
        return negative ? -value : value;
    }

    private static bool TryReadEscape(scoped ref ReadOnlySpan<byte> raw, out Rune rune)
    {
        if (raw[1] != 'u')
        {
            rune = new Rune((char)raw[1] switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                var other => other,
            });
            raw = raw[2..];
            return true;
        }

        var unit = ReadCodeUnit(ref raw);
        if (Rune.TryCreate(unit, out rune))
        {
            return true;
        }

        return raw.StartsWith("\\u"u8) && Rune.TryCreate(unit, ReadCodeUnit(ref raw), out rune);
    }

    private static char ReadCodeUnit(scoped ref ReadOnlySpan<byte> raw)
    {
        var unit = ushort.Parse(raw.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        raw = raw[6..];
        return (char)unit;
    }
}
