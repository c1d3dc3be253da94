using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace SmartCity.Domain.Readings;

/// <summary>What was wrong with a reading: the reason, the JSON path of the field at fault (empty for the whole), and a sentence for people.</summary>
public readonly record struct Rejection(RejectReason Reason, string Field, string Detail);

/// <summary>How strictly readings are read.</summary>
public sealed record ReadingRules
{
    /// <summary>How far event time may be ahead of the record timestamp. Default five minutes.</summary>
    public TimeSpan FutureTolerance { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>True to read a timestamp without an offset as UTC (<c>Readings:TimestampsWithoutOffset=Utc</c>); false (default) to reject it.</summary>
    public bool TimestampsWithoutOffsetAreUtc { get; init; }
}

/// <summary>
/// Reads and validates one reading from UTF-8 JSON. Not thread-safe: one instance a task, since it keeps the names it has seen so that a
/// known name costs no allocation.
/// </summary>
/// <remarks>
/// When several rules are broken the first in this order is named: the whole (empty, too large, not JSON, not an object), then sensor_id, sensor_type,
/// city, district, timestamp, location, metrics; within metrics in the order of the type's definition.
/// </remarks>
public sealed class ReadingParser(ReadingRules rules)
{
    /// <summary>The largest reading accepted, in bytes: Kafka's own default limit for a message.</summary>
    public const int MaxBytes = 1_048_576;

    /// <summary>A valid name or timestamp with every character escaped is shorter: 128 code points of two escaped code units each.</summary>
    private const int MaxRawText = Names.MaxCodePoints * 12;

    // A day within what .NET and most databases hold, so that the windows over a reading can be held too.
    private const long EarliestMs = Rfc3339.MinMs + 86_400_000;
    private const long LatestMs = Rfc3339.MaxMs - 86_400_000;

    private readonly NameTable _names = new();
    private readonly long _futureToleranceMs = (long)rules.FutureTolerance.TotalMilliseconds;

    /// <summary>The rules this parser applies.</summary>
    public ReadingRules Rules { get; } = rules;

    /// <summary>
    /// Reads one reading. <paramref name="recordTimestampMs"/> is the Kafka record's timestamp (or the time of receipt at an ingest endpoint), against
    /// which event times ahead of their time are judged.
    /// </summary>
    public bool TryParse(ReadOnlySpan<byte> json, long recordTimestampMs, out Reading reading, out Rejection rejection)
    {
        reading = default;
        var fields = default(ReadingFields);
        if (!TryRead(json, ref fields, out rejection)
            || !TryGetName(fields.SensorId, "sensor_id", out var sensorId, out rejection)
            || !TryGetType(fields.SensorType, out var type, out rejection)
            || !TryGetName(fields.City, "city", out var city, out rejection)
            || !TryGetDistrict(fields.District, out var district, out rejection)
            || !TryGetTimestamp(fields.Timestamp, recordTimestampMs, out var timestampMs, out rejection)
            || !TryGetLocation(in fields, out var latitude, out var longitude, out rejection)
            || !TryGetMetrics(in fields, type, out var metrics, out rejection))
        {
            return false;
        }

        reading = new Reading(type, sensorId, city, district, timestampMs, latitude, longitude, metrics);
        return true;
    }

    private static bool TryRead(ReadOnlySpan<byte> json, ref ReadingFields fields, out Rejection rejection)
    {
        rejection = default;
        if (json.IsEmpty)
        {
            rejection = new(RejectReason.Empty, "", "the value has no bytes");
        }
        else if (json.Length > MaxBytes)
        {
            rejection = new(RejectReason.TooLarge, "", Invariant($"{json.Length} bytes are more than {MaxBytes}"));
        }
        else if (json.StartsWith("\uFEFF"u8))
        {
            rejection = new(RejectReason.InvalidJson, "", "the value starts with a byte order mark, which JSON does not allow");
        }
        else if (!Utf8.IsValid(json))
        {
            rejection = new(RejectReason.InvalidJson, "", "the value is not UTF-8");
        }
        else
        {
            try
            {
                fields.Read(json);
            }
            catch (JsonException e)
            {
                rejection = new(RejectReason.InvalidJson, "", Invariant($"the value is not JSON from line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} on, or nested too deep"));
                return false;
            }

            if (fields.Root != JsonTokenType.StartObject)
            {
                rejection = new(RejectReason.NotAnObject, "", "the value is JSON but not an object");
            }
        }

        return rejection.Reason == RejectReason.None;
    }

    private bool TryGetName(in JsonToken token, string field, out string name, out Rejection rejection)
    {
        rejection = default;
        name = "";
        if (!IsString(in token, field, out rejection))
        {
            return false;
        }

        Span<byte> buffer = stackalloc byte[token.Escaped ? MaxRawText : 0];
        var text = Text(in token, buffer);
        var known = _names.Find(text);
        if (known is null)
        {
            rejection = new(RejectReason.BadName, field, $"{field} {Quote.Of(in token)} {FaultOfName(text, token.Raw.Length)}");
            return false;
        }

        name = known;
        return true;
    }

    private bool TryGetDistrict(in JsonToken token, out string district, out Rejection rejection)
    {
        if (token.IsMissing || (token.Type == JsonTokenType.String && token.Raw.IsEmpty))
        {
            district = "";
            rejection = default;
            return true;
        }

        return TryGetName(in token, "district", out district, out rejection);
    }

    private static bool TryGetType(in JsonToken token, out SensorType type, out Rejection rejection)
    {
        type = default;
        if (!IsString(in token, "sensor_type", out rejection))
        {
            return false;
        }

        Span<byte> buffer = stackalloc byte[token.Escaped ? MaxRawText : 0];
        if (CatalogueIndex.TryFindType(Text(in token, buffer), out type))
        {
            return true;
        }

        rejection = new(RejectReason.UnknownSensorType, "sensor_type", $"sensor_type {Quote.Of(in token)} is not one of {string.Join(", ", SensorTypes.All.Select(known => known.Name))}");
        return false;
    }

    private bool TryGetTimestamp(in JsonToken token, long recordTimestampMs, out long ms, out Rejection rejection)
    {
        const string Field = "timestamp";
        ms = 0;
        if (!IsString(in token, Field, out rejection))
        {
            return false;
        }

        Span<byte> buffer = stackalloc byte[token.Escaped ? MaxRawText : 0];
        var format = Rfc3339.TryParse(Text(in token, buffer), out ms);
        if (format == TimestampFormat.Invalid || ms is < EarliestMs or > LatestMs)
        {
            rejection = new(RejectReason.BadTimestamp, Field, $"timestamp {Quote.Of(in token)} is not RFC 3339 such as 2026-01-15T14:03:27.512Z, or is not between 0001-01-02 and 9999-12-30");
        }
        else if (format == TimestampFormat.WithoutOffset && !Rules.TimestampsWithoutOffsetAreUtc)
        {
            rejection = new(RejectReason.TimestampWithoutOffset, Field, $"timestamp {Quote.Of(in token)} has no offset such as Z or +01:00");
        }
        else if (ms - _futureToleranceMs > recordTimestampMs)
        {
            rejection = new(RejectReason.TimestampInFuture, Field, Invariant($"timestamp {Quote.Of(in token)} is {(ms - recordTimestampMs) / 1000} s ahead of its record, more than {_futureToleranceMs / 1000} s"));
        }

        return rejection.Reason == RejectReason.None;
    }

    private static bool TryGetLocation(in ReadingFields fields, out double latitude, out double longitude, out Rejection rejection)
    {
        latitude = longitude = double.NaN;
        rejection = default;
        if (fields.Location is JsonTokenType.None or JsonTokenType.Null)
        {
            return true;
        }

        if (fields.Location != JsonTokenType.StartObject)
        {
            rejection = WrongType("location", fields.Location, "an object");
            return false;
        }

        return TryGetCoordinate(fields.Latitude, "location.lat", 90, out latitude, out rejection)
            && TryGetCoordinate(fields.Longitude, "location.lon", 180, out longitude, out rejection);
    }

    private static bool TryGetCoordinate(in JsonToken token, string field, double limit, out double value, out Rejection rejection)
    {
        rejection = default;
        value = double.NaN;
        if (token.Type != JsonTokenType.Number)
        {
            rejection = new(RejectReason.BadLocation, field, token.IsMissing ? $"{field} is missing" : $"{field} is {Quote.NameOf(token.Type)}, not a number");
            return false;
        }

        value = JsonText.ParseNumber(token.Raw);
        if (Math.Abs(value) <= limit)
        {
            return true;
        }

        rejection = new(RejectReason.BadLocation, field, Invariant($"{field} {Quote.Of(in token)} is outside -{limit}–{limit}"));
        return false;
    }

    private static bool TryGetMetrics(in ReadingFields fields, SensorType type, out MetricValues metrics, out Rejection rejection)
    {
        metrics = default;
        rejection = default;
        if (fields.Metrics != JsonTokenType.StartObject)
        {
            rejection = fields.Metrics is JsonTokenType.None or JsonTokenType.Null ? Missing("metrics") : WrongType("metrics", fields.Metrics, "an object");
            return false;
        }

        var slots = CatalogueIndex.SlotsOf(type);
        for (var i = 0; i < slots.Length; i++)
        {
            if (fields.TryGetNumber(slots[i], out var value))
            {
                var (min, max) = CatalogueIndex.RangeOf(type, i);
                if (value >= min && value <= max)
                {
                    metrics.Set(i, value);
                    continue;
                }

                rejection = OutOfRange(SensorTypes.Of(type).Metrics[i], value);
                return false;
            }

            if (fields.IsFaulty(slots[i]))
            {
                rejection = NotANumber(SensorTypes.Of(type).Metrics[i]);
                return false;
            }
        }

        if (metrics.IsEmpty)
        {
            rejection = new(RejectReason.NoMetrics, "metrics", $"none of {string.Join(", ", SensorTypes.Of(type).Metrics.Select(metric => metric.Name))} is there");
            return false;
        }

        return true;
    }

    private static bool IsString(in JsonToken token, string field, out Rejection rejection)
    {
        rejection = token.Type == JsonTokenType.String ? default : token.IsMissing ? Missing(field) : WrongType(field, token.Type, "a string");
        return token.Type == JsonTokenType.String;
    }

    /// <summary>A string's text; empty when it is none or too long for any field.</summary>
    private static ReadOnlySpan<byte> Text(scoped in JsonToken token, Span<byte> buffer)
        => !token.Escaped ? token.Raw : JsonText.TryGetText(in token, buffer, out var written) ? buffer[..written] : default;

    private static string FaultOfName(ReadOnlySpan<byte> text, int rawLength)
        => text.IsEmpty && rawLength > 0 ? "holds a lone surrogate or is too long"
            : text.Length > MaxRawText ? "is too long"
            : Names.Fault(Encoding.UTF8.GetString(text)) ?? "is not a name";

    private static Rejection Missing(string field) => new(RejectReason.MissingField, field, $"{field} is missing");

    private static Rejection WrongType(string field, JsonTokenType found, string wanted)
        => new(RejectReason.WrongType, field, $"{field} is {Quote.NameOf(found)}, not {wanted}");

    private static Rejection NotANumber(MetricDefinition metric)
        => new(RejectReason.MetricNotANumber, "metrics." + metric.Name, $"{metric.Name} is not a number");

    private static Rejection OutOfRange(MetricDefinition metric, double value)
        => double.IsFinite(value)
            ? new(RejectReason.MetricOutOfRange, "metrics." + metric.Name, Invariant($"{metric.Name} {value} is outside {metric.Min}–{metric.Max}"))
            : new(RejectReason.MetricNotANumber, "metrics." + metric.Name, $"{metric.Name} is larger than any finite number");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
