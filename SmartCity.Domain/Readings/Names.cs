using System.Globalization;
using System.Text;

using SmartCity.Domain.Lake;

namespace SmartCity.Domain.Readings;

/// <summary>The rules for sensor, city and district names. Names are used as they are, not normalised.</summary>
public static class Names
{
    /// <summary>The most code points a name may have.</summary>
    public const int MaxCodePoints = 128;

    /// <summary>The most bytes a name may take in a lake path, where some characters become <c>%XX</c>: a path segment has 255, with <c>sensor_type=</c> and the like before it.</summary>
    public const int MaxPathBytes = 200;

    /// <summary>No valid name has more UTF-8 bytes than this, escaped or not.</summary>
    internal const int MaxUtf8Bytes = MaxPathBytes;

    /// <summary>True when <paramref name="name"/> may be a sensor's, a city's or a district's (which may also be empty: none).</summary>
    public static bool IsValid(string name) => Fault(name) is null;

    /// <summary>What is wrong with a name, as the end of a sentence about it; null when nothing is.</summary>
    public static string? Fault(string name)
    {
        if (name.Length == 0)
        {
            return "is empty";
        }

        var codePoints = 0;
        for (var i = 0; i < name.Length; codePoints++)
        {
            if (!Rune.TryGetRuneAt(name, i, out var rune))
            {
                return "holds a lone surrogate";
            }

            if (Rune.IsControl(rune))
            {
                return string.Create(CultureInfo.InvariantCulture, $"holds the control character U+{rune.Value:X4}");
            }

            i += rune.Utf16SequenceLength;
        }

        if (codePoints > MaxCodePoints)
        {
            return string.Create(CultureInfo.InvariantCulture, $"has {codePoints} characters, more than {MaxCodePoints}");
        }

        var pathBytes = HivePath.EscapedLength(name);
        if (pathBytes > MaxPathBytes)
        {
            return string.Create(CultureInfo.InvariantCulture, $"takes {pathBytes} bytes in a path, more than {MaxPathBytes}");
        }

        return name == HivePath.NullPartition ? "is what Hive calls a missing value" : null;
    }
}
