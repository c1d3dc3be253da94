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

    // A day within what .NET and most databases hold, so that the windows over a reading can be held too.
    private const long EarliestMs = Rfc3339.MinMs + 86_400_000;
    private const long LatestMs = Rfc3339.MaxMs - 86_400_000;

    private readonly NameTable _names = new();
    private readonly byte[] _scratch = new byte[ReadingFields.ScratchSize];
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
        rejection = default;
        var fields = new ReadingFields(json, _scratch);
        if (!TryRead(json, ref fields, ref rejection)
            || !TryGetName(fields.SensorId, "sensor_id", out var sensorId, ref rejection)
            || !TryGetType(fields.SensorType, out var type, ref rejection)
            || !TryGetName(fields.City, "city", out var city, ref rejection)
            || !TryGetDistrict(fields.District, out var district, ref rejection)
            || !TryGetTimestamp(fields.Timestamp, recordTimestampMs, out var timestampMs, ref rejection)
            || !TryGetLocation(in fields, out var latitude, out var longitude, ref rejection)
            || !TryGetMetrics(in fields, type, out var metrics, ref rejection))
        {
            return false;
        }

        reading = new Reading(type, sensorId, city, district, timestampMs, latitude, longitude, metrics);
        return true;
    }

    private static bool TryRead(ReadOnlySpan<byte> json, ref ReadingFields fields, ref Rejection rejection)
    {
        if (json.IsEmpty)
        {
            return Refuse(Rejections.Empty(), ref rejection);
        }

        if (json.Length > MaxBytes)
        {
            return Refuse(Rejections.TooLarge(json.Length), ref rejection);
        }

        if (json.StartsWith("\uFEFF"u8))
        {
            return Refuse(Rejections.ByteOrderMark(), ref rejection);
        }

        // The reader looks into strings only for their ends.
        if (!Utf8.IsValid(json))
        {
            return Refuse(Rejections.NotUtf8(), ref rejection);
        }

        try
        {
            fields.Read();
        }
        catch (JsonException e)
        {
            return Refuse(Rejections.NotJson(e), ref rejection);
        }

        return fields.Root == JsonTokenType.StartObject || Refuse(Rejections.NotAnObject(), ref rejection);
    }

    private bool TryGetName(in JsonToken token, string field, out string name, ref Rejection rejection)
    {
        name = "";
        if (token.Type != JsonTokenType.String)
        {
            return Refuse(Rejections.NotAString(field, in token), ref rejection);
        }

        var known = token.IsNoText ? null : _names.Find(token.Text);
        name = known ?? "";
        return known is not null || Refuse(Rejections.BadName(field, in token), ref rejection);
    }

    private static bool TryGetType(in JsonToken token, out SensorType type, ref Rejection rejection)
    {
        type = default;
        return token.Type != JsonTokenType.String
            ? Refuse(Rejections.NotAString("sensor_type", in token), ref rejection)
            : CatalogueIndex.TryFindType(token.Text, out type) || Refuse(Rejections.UnknownType(in token), ref rejection);
    }

    private bool TryGetDistrict(in JsonToken token, out string district, ref Rejection rejection)
    {
        district = "";
        return token.IsMissing || (token.Type == JsonTokenType.String && token.Text.IsEmpty) || TryGetName(in token, "district", out district, ref rejection);
    }

    private bool TryGetTimestamp(in JsonToken token, long recordTimestampMs, out long ms, ref Rejection rejection)
    {
        const string Field = "timestamp";
        ms = 0;
        if (token.Type != JsonTokenType.String)
        {
            return Refuse(Rejections.NotAString(Field, in token), ref rejection);
        }

        var format = Rfc3339.TryParse(token.Text, out ms);
        if (format == TimestampFormat.Invalid || ms is < EarliestMs or > LatestMs)
        {
            return Refuse(Rejections.BadTimestamp(Field, in token), ref rejection);
        }

        if (format == TimestampFormat.WithoutOffset && !Rules.TimestampsWithoutOffsetAreUtc)
        {
            return Refuse(Rejections.WithoutOffset(Field, in token), ref rejection);
        }

        return ms - _futureToleranceMs <= recordTimestampMs || Refuse(Rejections.InFuture(Field, in token, ms - recordTimestampMs, _futureToleranceMs), ref rejection);
    }

    private static bool TryGetLocation(in ReadingFields fields, out double latitude, out double longitude, ref Rejection rejection)
    {
        latitude = longitude = double.NaN;
        return fields.Location switch
        {
            JsonTokenType.None or JsonTokenType.Null => true,
            JsonTokenType.StartObject => TryGetCoordinate(fields.Latitude, "location.lat", 90, out latitude, ref rejection)
                && TryGetCoordinate(fields.Longitude, "location.lon", 180, out longitude, ref rejection),
            var other => Refuse(Rejections.WrongType("location", other, "an object"), ref rejection),
        };
    }

    private static bool TryGetCoordinate(in JsonToken token, string field, double limit, out double value, ref Rejection rejection)
    {
        value = token.Type == JsonTokenType.Number ? JsonText.ParseNumber(token.Text) : double.NaN;
        return Math.Abs(value) <= limit || Refuse(Rejections.BadCoordinate(field, in token, limit), ref rejection);
    }

    private static bool TryGetMetrics(in ReadingFields fields, SensorType type, out MetricValues metrics, ref Rejection rejection)
    {
        metrics = default;
        if (fields.Metrics != JsonTokenType.StartObject)
        {
            return Refuse(Rejections.NotAnObject("metrics", fields.Metrics), ref rejection);
        }

        var slots = CatalogueIndex.SlotsOf(type);
        for (var i = 0; i < slots.Length; i++)
        {
            if (fields.TryGetNumber(slots[i].Slot, out var value))
            {
                if (!(value >= slots[i].Min && value <= slots[i].Max))
                {
                    return Refuse(Rejections.BadMetric(SensorTypes.Of(type).Metrics[i], value), ref rejection);
                }

                metrics.Set(i, value);
            }
            else if (fields.IsFaulty(slots[i].Slot))
            {
                return Refuse(Rejections.BadMetric(SensorTypes.Of(type).Metrics[i], null), ref rejection);
            }
        }

        return !metrics.IsEmpty || Refuse(Rejections.NoMetrics(type), ref rejection);
    }

    private static bool Refuse(Rejection reason, ref Rejection rejection)
    {
        rejection = reason;
        return false;
    }
}
