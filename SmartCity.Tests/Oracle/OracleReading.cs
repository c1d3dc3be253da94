using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SmartCity.Tests.Oracle;

/// <summary>
/// A valid reading as the contract on the wire defines it, read the plain way: it shares no code with the product. Values are kept as the decimal number that
/// stands in the JSON, in whole billionths, and as the double for minimum and maximum.
/// </summary>
internal sealed partial record OracleReading(
    string Type, string SensorId, string City, string District, long TimestampMs, IReadOnlyDictionary<string, (decimal Exact, double Value)> Metrics)
{
    private const int MaxBytes = 1_048_576;
    private const int FutureToleranceMs = 300_000;

    // A day within the calendar.
    private static readonly long EarliestMs = new DateTimeOffset(1, 1, 2, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private static readonly long LatestMs = new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    /// <summary>The reading in these bytes, or null when it is invalid.</summary>
    public static OracleReading? Parse(byte[] json, long recordTimestampMs)
    {
        try
        {
            string text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(json);
            if (json.Length is 0 or > MaxBytes || text[0] == '\uFEFF')
            {
                return null;
            }

            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Read(document.RootElement, recordTimestampMs) : null;
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            // Not JSON, not UTF-8, or a string with a lone surrogate.
            return null;
        }
    }

    private static OracleReading? Read(JsonElement root, long recordTimestampMs)
    {
        string? sensor = Name(root, "sensor_id");
        string? type = Member(root, "sensor_type") is { ValueKind: JsonValueKind.String } named ? named.GetString() : null;
        string? city = Name(root, "city");
        string? district = Member(root, "district") is not { } given || (given.ValueKind == JsonValueKind.String && given.GetString() == "") ? "" : Name(root, "district");
        long? timestamp = Member(root, "timestamp") is { ValueKind: JsonValueKind.String } moment ? Timestamp(moment.GetString()!) : null;
        if (sensor is null || type is null || city is null || district is null || timestamp is null || !OracleCatalogue.Types.TryGetValue(type, out OracleMetric[]? known)
            || timestamp - recordTimestampMs > FutureToleranceMs || !LocationIsGood(root) || Values(root, known) is not { Count: > 0 } values)
        {
            return null;
        }

        return new OracleReading(type, sensor, city, district, timestamp.Value, values);
    }

    // The last of that name; one that is null counts as missing. A name with a lone surrogate is no name of ours, and no reason to refuse the rest.
    private static JsonElement? Member(JsonElement parent, string name)
    {
        JsonElement? last = null;
        foreach (JsonProperty member in parent.EnumerateObject())
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
            return null;
        }
    }

    private static string? Name(JsonElement root, string field)
    {
        if (Member(root, field) is not { ValueKind: JsonValueKind.String } member)
        {
            return null;
        }

        string name = member.GetString()!;
        int escaped = name.EnumerateRunes().Sum(rune => "\"#%'*/:=?\\{[]^".Contains((char)rune.Value, StringComparison.Ordinal) && rune.Value < 128 ? 3 : rune.Utf8SequenceLength);
        bool good = name.EnumerateRunes().Count() is >= 1 and <= 128 && !name.Any(char.IsControl) && escaped <= 200 && name != "__HIVE_DEFAULT_PARTITION__";
        return good ? name : null;
    }

    private static long? Timestamp(string text)
    {
        Match match = Rfc3339().Match(text);
        if (!match.Success)
        {
            return null;
        }

        string seconds = match.Groups["s"].Success ? match.Groups["s"].Value : "00";
        string local = $"{match.Groups["date"].Value}T{match.Groups["hm"].Value}:{seconds}";
        if (!DateTime.TryParseExact(local, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime time))
        {
            return null;
        }

        string fraction = match.Groups["f"].Value.PadRight(3, '0')[..3];
        string offset = match.Groups["o"].Value;
        int minutes = offset is "Z" or "z" ? 0 : (int.Parse(offset[1..3], CultureInfo.InvariantCulture) * 60) + int.Parse(offset[4..6], CultureInfo.InvariantCulture);
        long ms = (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
        ms += int.Parse(fraction, CultureInfo.InvariantCulture) - ((offset[0] == '-' ? -1 : 1) * minutes * 60_000L);
        return ms >= EarliestMs && ms < LatestMs ? ms : null;
    }

    private static bool LocationIsGood(JsonElement root)
        => Member(root, "location") is not { } location
            || (location.ValueKind == JsonValueKind.Object && Coordinate(location, "lat", 90) && Coordinate(location, "lon", 180));

    private static bool Coordinate(JsonElement location, string name, double limit)
        => Member(location, name) is { ValueKind: JsonValueKind.Number } number && Math.Abs(number.GetDouble()) <= limit;

    /// <summary>The known metrics that are there; null when one of them is bad.</summary>
    private static Dictionary<string, (decimal Exact, double Value)>? Values(JsonElement root, OracleMetric[] known)
    {
        if (Member(root, "metrics") is not { ValueKind: JsonValueKind.Object } metrics)
        {
            return null;
        }

        var values = new Dictionary<string, (decimal Exact, double Value)>();
        foreach (OracleMetric metric in known)
        {
            JsonElement? member = Member(metrics, metric.Name);
            if (member is { ValueKind: JsonValueKind.Object } wrapped)
            {
                member = Member(wrapped, "value");
            }

            if (member is not { } number)
            {
                continue;
            }

            if (number.ValueKind != JsonValueKind.Number || number.GetDouble() is var value && !(value >= metric.Min && value <= metric.Max))
            {
                return null;
            }

            values[metric.Name] = (Math.Round(decimal.Parse(number.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture), 9), value);
        }

        return values;
    }

    [GeneratedRegex(@"^(?<date>[0-9]{4}-[0-9][0-9]-[0-9][0-9])[Tt](?<hm>[0-9][0-9]:[0-9][0-9])(:(?<s>[0-9][0-9])(\.(?<f>[0-9]+))?)?(?<o>[Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Rfc3339();
}
