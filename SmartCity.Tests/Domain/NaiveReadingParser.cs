using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Domain;

/// <summary>The contract's rules written the plain way, on a document tree with strings: slow, and with nothing in common with the parser under test but the catalogue.</summary>
internal static partial class NaiveReadingParser
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The reason to refuse it, or <see cref="RejectReason.None"/> and the reading.</summary>
    public static (RejectReason Reason, string Field, Reading Reading) Parse(byte[] json)
    {
        JsonElement root;
        try
        {
            if (json.Length == 0)
            {
                return (RejectReason.Empty, "", default);
            }

            root = JsonDocument.Parse(StrictUtf8.GetString(json)).RootElement;
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            return (RejectReason.InvalidJson, "", default);
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            return (RejectReason.NotAnObject, "", default);
        }

        try
        {
            return (RejectReason.None, "", Judge(root));
        }
        catch (RefusedException e)
        {
            return (e.Reason, e.Field, default);
        }
    }

    private static Reading Judge(JsonElement root)
    {
        var sensorId = Name(root, "sensor_id");
        var typeName = Text(root, "sensor_type");
        var definition = SensorTypes.All.FirstOrDefault(type => type.Name == typeName) ?? throw new RefusedException(RejectReason.UnknownSensorType, "sensor_type");
        var city = Name(root, "city");
        var district = Last(root, "district") is not { } d || (d.ValueKind == JsonValueKind.String && TextOf(d) is "") ? "" : Name(root, "district");
        var time = Time(Text(root, "timestamp") ?? "");
        var (lat, lon) = (double.NaN, double.NaN);
        if (Last(root, "location") is { } location)
        {
            if (location.ValueKind != JsonValueKind.Object)
            {
                throw new RefusedException(RejectReason.WrongType, "location");
            }

            (lat, lon) = (Coordinate(location, "lat", 90), Coordinate(location, "lon", 180));
        }

        var metrics = Last(root, "metrics") ?? throw new RefusedException(RejectReason.MissingField, "metrics");
        if (metrics.ValueKind != JsonValueKind.Object)
        {
            throw new RefusedException(RejectReason.WrongType, "metrics");
        }

        var values = default(MetricValues);
        for (var i = 0; i < definition.Metrics.Count; i++)
        {
            var metric = definition.Metrics[i];
            var found = Last(metrics, metric.Name);
            found = found is { ValueKind: JsonValueKind.Object } wrapper ? Last(wrapper, "value") : found;
            if (found is not { } value)
            {
                continue;
            }

            if (value.ValueKind != JsonValueKind.Number || !double.IsFinite(Number(value)))
            {
                throw new RefusedException(RejectReason.MetricNotANumber, "metrics." + metric.Name);
            }

            if (Number(value) < metric.Min || Number(value) > metric.Max)
            {
                throw new RefusedException(RejectReason.MetricOutOfRange, "metrics." + metric.Name);
            }

            values.Set(i, Number(value));
        }

        return values.IsEmpty ? throw new RefusedException(RejectReason.NoMetrics, "metrics") : new Reading(definition.Type, sensorId, city, district, time, lat, lon, values);
    }

    /// <summary>The last member of this name, or null when there is none or it is null.</summary>
    private static JsonElement? Last(JsonElement parent, string name)
    {
        JsonElement? last = null;
        foreach (var member in parent.EnumerateObject())
        {
            last = NameOf(member) == name ? member.Value : last;
        }

        return last is { ValueKind: JsonValueKind.Null } ? null : last;
    }

    private static string? NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null; // a lone surrogate
        }
    }

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // a lone surrogate
        }
    }

    private static string? Text(JsonElement root, string field)
    {
        var value = Last(root, field) ?? throw new RefusedException(RejectReason.MissingField, field);
        return value.ValueKind == JsonValueKind.String ? TextOf(value) : throw new RefusedException(RejectReason.WrongType, field);
    }

    private static string Name(JsonElement root, string field)
    {
        var name = Text(root, field);
        var bad = string.IsNullOrEmpty(name) || name.EnumerateRunes().Count() > 128 || name.Any(char.IsControl) || name == "__HIVE_DEFAULT_PARTITION__"
            || Encoding.UTF8.GetByteCount(name) + (2 * name.Count(c => "\"#%'*/:=?\\{[]^".Contains(c, StringComparison.Ordinal))) > 200;
        return bad ? throw new RefusedException(RejectReason.BadName, field) : name!;
    }

    private static long Time(string text)
    {
        var match = DateTimePattern().Match(text);
        var local = default(DateTime);
        if (!match.Success || !DateTime.TryParseExact(
            match.Groups["date"].Value + " " + match.Groups["time"].Value + (match.Groups["seconds"].Success ? match.Groups["seconds"].Value : ":00"),
            "yyyy-MM-dd HH:mm:ss",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out local))
        {
            throw new RefusedException(RejectReason.BadTimestamp, "timestamp");
        }

        var offset = match.Groups["offset"].Value;
        var minutes = offset.Length < 6 ? 0 : (int.Parse(offset[1..3], CultureInfo.InvariantCulture) * 60) + int.Parse(offset[4..], CultureInfo.InvariantCulture);
        var ms = ((local.Ticks - DateTime.UnixEpoch.Ticks) / 10_000) - (minutes * 60_000L * (offset.StartsWith('-') ? -1 : 1)) + int.Parse((match.Groups["fraction"].Value + "000")[..3], CultureInfo.InvariantCulture);
        var (first, last) = (new DateTimeOffset(1, 1, 2, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(), new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());
        return ms < first || ms >= last ? throw new RefusedException(RejectReason.BadTimestamp, "timestamp")
            : offset.Length == 0 ? throw new RefusedException(RejectReason.TimestampWithoutOffset, "timestamp")
            : ms;
    }

    private static double Coordinate(JsonElement location, string name, double limit)
        => Last(location, name) is { ValueKind: JsonValueKind.Number } value && Math.Abs(Number(value)) <= limit ? Number(value) : throw new RefusedException(RejectReason.BadLocation, "location." + name);

    private static double Number(JsonElement value) => double.Parse(value.GetRawText(), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\A(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?<time>[0-9]{2}:[0-9]{2})(?<seconds>:[0-9]{2})?((?<=:[0-9]{2}:[0-9]{2})\.(?<fraction>[0-9]+))?(?<offset>[Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex DateTimePattern();

    private sealed class RefusedException(RejectReason reason, string field) : Exception
    {
        public RejectReason Reason { get; } = reason;

        public string Field { get; } = field;
    }
}
