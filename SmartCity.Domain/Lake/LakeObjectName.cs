using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SmartCity.Domain.Lake;

/// <summary>The name of an object that holds a batch: which topic partition it came from and where in it the batch begins.</summary>
public sealed partial record LakeObjectName(string Topic, int Partition, long FirstOffset, string Extension)
{
    /// <summary>How a reading's timestamp is written in a name: without colons, which not every file system takes.</summary>
    internal const string TimestampFormat = "yyyyMMdd'T'HHmmss.fff'Z'";

    /// <summary>Reads a name that <see cref="LakePaths.BatchName"/> wrote.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out LakeObjectName? parsed)
    {
        parsed = null;
        if (Batch().Match(name) is { Success: true } match
            && int.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
            && long.TryParse(match.Groups[3].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var firstOffset))
        {
            var read = new LakeObjectName(match.Groups[1].Value, partition, firstOffset, match.Groups[4].Value);
            parsed = read.ToString() == name ? read : null;
        }

        return parsed is not null;
    }

    /// <summary>The name itself.</summary>
    public override string ToString() => LakePaths.BatchName(Topic, Partition, FirstOffset, Extension);

    [GeneratedRegex(@"\A([A-Za-z0-9._-]+)-([0-9]+)-([0-9]{20})\.([a-z0-9.]+)\z")]
    private static partial Regex Batch();
}
