using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Lake;

/// <summary>What an object's key says about it: the inverse of <see cref="LakePaths"/>.</summary>
/// <param name="Root">The first folder, e.g. <see cref="LakePaths.Raw"/>.</param>
/// <param name="Type">The sensor type.</param>
/// <param name="City">The city's name, unescaped.</param>
/// <param name="FromMs">The start of its hour or day, ms since the Unix epoch.</param>
/// <param name="IsHour">True when the folders go down to the hour, false when to the day.</param>
/// <param name="Name">The object's name, without folders, as it stands.</param>
public sealed record LakePath(string Root, SensorType Type, string City, long FromMs, bool IsHour, string Name)
{
    /// <summary>The end (excluded) of its hour or day, ms since the Unix epoch.</summary>
    public long ToMs => FromMs + (IsHour ? 3_600_000 : 86_400_000);

    /// <summary>The key.</summary>
    public string Key => (IsHour ? LakePaths.HourFolder(Root, Type, City, FromMs) : LakePaths.DayFolder(Root, Type, City, FromMs)) + Name;

    /// <summary>Reads a key; false when it is not exactly as <see cref="LakePaths"/> would write it.</summary>
    public static bool TryParse(string key, [NotNullWhen(true)] out LakePath? path)
    {
        path = null;
        var parts = key.Split('/');
        if (parts.Length is not (7 or 8)
            || !TryTake(parts[1], "sensor_type=", out var typeName)
            || !CatalogueIndex.TryFindType(Encoding.UTF8.GetBytes(typeName), out var type)
            || !TryTake(parts[2], "city=", out var escapedCity)
            || !DateTime.TryParseExact(
                string.Join('/', parts[3..^1]),
                parts.Length == 8 ? "'year='yyyy'/month='MM'/day='dd'/hour='HH" : "'year='yyyy'/month='MM'/day='dd",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out var from))
        {
            return false;
        }

        var read = new LakePath(parts[0], type, HivePath.Unescape(escapedCity), new DateTimeOffset(from).ToUnixTimeMilliseconds(), parts.Length == 8, parts[^1]);
        path = read.Key == key && read.Name.Length > 0 && Names.IsValid(read.City) ? read : null;
        return path is not null;
    }

    private static bool TryTake(string part, string name, out string value)
    {
        value = part.StartsWith(name, StringComparison.Ordinal) ? part[name.Length..] : "";
        return value.Length > 0;
    }
}
