using System.Buffers;
using System.Text;

namespace SmartCity.Domain.Lake;

/// <summary>
/// The way Hive writes values into folder names, so that Spark, Athena and DuckDB read them back: <c>"#%'*/:=?\{[]^</c> become <c>%XX</c> and nothing
/// else does. Control characters would have to be escaped too, but no name holds any.
/// </summary>
public static class HivePath
{
    /// <summary>What Hive puts in place of a missing value. No name may be this.</summary>
    public const string NullPartition = "__HIVE_DEFAULT_PARTITION__";

    private static readonly SearchValues<char> Escaped = SearchValues.Create("\"#%'*/:=?\\{[]^");

    /// <summary>The UTF-8 bytes a value takes once escaped.</summary>
    public static int EscapedLength(ReadOnlySpan<char> value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        while (value.IndexOfAny(Escaped) is var at and >= 0)
        {
            length += 2;
            value = value[(at + 1)..];
        }

        return length;
    }

    /// <summary>The value as it stands in a path.</summary>
    public static string Escape(string value)
    {
        if (!value.AsSpan().ContainsAny(Escaped))
        {
            return value;
        }

        var escaped = new StringBuilder(value.Length + 8);
        foreach (var c in value)
        {
            if (Escaped.Contains(c))
            {
                escaped.Append('%').Append(((int)c).ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
            else
            {
                escaped.Append(c);
            }
        }

        return escaped.ToString();
    }

    /// <summary>The value that stands in a path. A <c>%</c> without two hexadecimal digits after it stays as it is, as in Hive.</summary>
    public static string Unescape(ReadOnlySpan<char> value)
    {
        var plain = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '%' && i + 2 < value.Length && char.IsAsciiHexDigit(value[i + 1]) && char.IsAsciiHexDigit(value[i + 2]))
            {
                plain.Append((char)Convert.ToByte(value.Slice(i + 1, 2).ToString(), 16));
                i += 2;
            }
            else
            {
                plain.Append(value[i]);
            }
        }

        return plain.ToString();
    }
}
