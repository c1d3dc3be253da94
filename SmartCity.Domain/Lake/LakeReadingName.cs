using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SmartCity.Domain.Lake;

/// <summary>The name of an object that holds one reading.</summary>
public sealed partial record LakeReadingName(string SensorId, long TimestampMs, int Partition, long Offset)
{
    /// <summary>Reads a name that <see cref="LakePaths.ReadingName"/> wrote.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out LakeReadingName? parsed)
    {
        parsed = null;
        if (Reading().Match(name) is { Success: true } match
            && DateTimeOffset.TryParseExact(
                match.Groups[2].ValueSpan, LakeObjectName.TimestampFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var timestamp)
            && int.TryParse(match.Groups[3].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
            && long.TryParse(match.Groups[4].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            var read = new LakeReadingName(HivePath.Unescape(match.Groups[1].ValueSpan), timestamp.ToUnixTimeMilliseconds(), partition, offset);
            parsed = read.ToString() == name ? read : null;
        }

        return parsed is not null;
    }

    /// <summary>The name itself.</summary>
    public override string ToString() => LakePaths.ReadingName(SensorId, TimestampMs, Partition, Offset);

    [GeneratedRegex(@"\A(.+)_([0-9]{8}T[0-9]{6}\.[0-9]{3}Z)_([0-9]+)-([0-9]+)\.json\z", RegexOptions.Singleline)]
    private static partial Regex Reading();
}
