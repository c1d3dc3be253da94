using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartCity.Domain.Readings;

/// <summary>What is said to people about each broken rule.</summary>
internal static class Rejections
{
    public static Rejection Empty() => new(RejectReason.Empty, "", "the value has no bytes");

    public static Rejection TooLarge(int bytes) => new(RejectReason.TooLarge, "", Invariant($"{bytes} bytes are more than {ReadingParser.MaxBytes}"));

    public static Rejection ByteOrderMark() => new(RejectReason.InvalidJson, "", "the value starts with a byte order mark, which JSON does not allow");

    public static Rejection NotUtf8() => new(RejectReason.InvalidJson, "", "the value is not UTF-8");

    public static Rejection NotJson(JsonException e)
        => new(RejectReason.InvalidJson, "", Invariant($"the value is not JSON from line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} on, or nested too deep"));

    public static Rejection NotAnObject() => new(RejectReason.NotAnObject, "", "the value is JSON but not an object");

    public static Rejection Missing(string field) => new(RejectReason.MissingField, field, $"{field} is missing");

    public static Rejection WrongType(string field, JsonTokenType found, string wanted)
        => new(RejectReason.WrongType, field, $"{field} is {Quote.NameOf(found)}, not {wanted}");

    public static Rejection NotAnObject(string field, JsonTokenType found)
        => found is JsonTokenType.None or JsonTokenType.Null ? Missing(field) : WrongType(field, found, "an object");

    public static Rejection NotAString(string field, in JsonToken token) => token.IsMissing ? Missing(field) : WrongType(field, token.Type, "a string");

    public static Rejection BadName(string field, in JsonToken token)
    {
        // The whole name is looked at only where it is not absurdly long.
        var fault = token.IsNoText ? "holds a lone surrogate or is too long"
            : token.Text.Length > 4 * Names.MaxCodePoints ? "is too long"
            : Names.Fault(Encoding.UTF8.GetString(token.Text));
        return new(RejectReason.BadName, field, $"{field} {Quote.Of(in token)} {fault}");
    }

    public static Rejection UnknownType(in JsonToken token)
        => new(RejectReason.UnknownSensorType, "sensor_type", $"sensor_type {Quote.Of(in token)} is not one of {string.Join(", ", SensorTypes.All.Select(type => type.Name))}");

    public static Rejection BadTimestamp(string field, in JsonToken token)
        => new(RejectReason.BadTimestamp, field, $"{field} {Quote.Of(in token)} is not RFC 3339 such as 2026-01-15T14:03:27.512Z, or is not between 0001-01-02 and 9999-12-30");

    public static Rejection WithoutOffset(string field, in JsonToken token)
        => new(RejectReason.TimestampWithoutOffset, field, $"{field} {Quote.Of(in token)} has no offset such as Z or +01:00");

    public static Rejection InFuture(string field, in JsonToken token, long aheadMs, long toleranceMs)
        => new(RejectReason.TimestampInFuture, field, Invariant($"{field} {Quote.Of(in token)} is {aheadMs} ms ahead of its record, more than {toleranceMs} ms"));

    public static Rejection BadCoordinate(string field, in JsonToken token, double limit)
        => new(RejectReason.BadLocation, field, token.IsMissing ? $"{field} is missing"
            : token.Type != JsonTokenType.Number ? $"{field} is {Quote.NameOf(token.Type)}, not a number"
            : Invariant($"{field} {Quote.Of(in token)} is outside -{limit}–{limit}"));

    public static Rejection BadMetric(MetricDefinition metric, double? value)
    {
        var field = "metrics." + metric.Name;
        return value is null ? new(RejectReason.MetricNotANumber, field, $"{metric.Name} is not a number")
            : !double.IsFinite(value.Value) ? new(RejectReason.MetricNotANumber, field, $"{metric.Name} is larger than any finite number")
            : new(RejectReason.MetricOutOfRange, field, Invariant($"{metric.Name} {value} is outside {metric.Min}–{metric.Max}"));
    }

    public static Rejection NoMetrics(SensorType type)
        => new(RejectReason.NoMetrics, "metrics", $"none of {string.Join(", ", SensorTypes.Of(type).Metrics.Select(metric => metric.Name))} is there");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
