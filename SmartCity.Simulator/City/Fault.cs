using System.Text;

using SmartCity.Domain.Readings;

namespace SmartCity.Simulator.City;

/// <summary>
/// What can be wrong with a reading: one way for each reason of the contract. (Only <see cref="RejectReason.TooLarge"/> is left out: no broker with
/// default limits takes such a record.)
/// </summary>
internal static class Fault
{
    /// <summary>The reasons that faults are made for.</summary>
    public static IReadOnlyList<RejectReason> Reasons { get; } =
    [
        RejectReason.Empty, RejectReason.InvalidJson, RejectReason.NotAnObject, RejectReason.MissingField, RejectReason.WrongType,
        RejectReason.UnknownSensorType, RejectReason.BadName, RejectReason.BadTimestamp, RejectReason.TimestampWithoutOffset, RejectReason.TimestampInFuture,
        RejectReason.BadLocation, RejectReason.NoMetrics, RejectReason.MetricNotANumber, RejectReason.MetricOutOfRange,
    ];

    /// <summary>Spoils a good reading so that it is rejected for that reason and no other. None has a line break, so that readings can be kept one a line.</summary>
    public static byte[] Spoil(ReadOnlySpan<byte> reading, Sensor sensor, long timestampMs, RejectReason reason, ref Dice dice)
    {
        var text = Encoding.UTF8.GetString(reading);
        var definition = SensorTypes.Of(sensor.Type);
        var metric = definition.Metrics[dice.Below(definition.Metrics.Count)];
        return reason switch
        {
            RejectReason.Empty => [],
            RejectReason.InvalidJson => dice.Below(2) == 0 ? Encoding.UTF8.GetBytes(text[..(text.Length / 2)]) : Scrambled(reading, sensor),
            RejectReason.NotAnObject => Encoding.UTF8.GetBytes(dice.Below(2) == 0 ? $"[{text}]" : $"\"{sensor.Id} offline\""),
            RejectReason.MissingField => Bytes(text, dice.Below(2) == 0 ? $"\"sensor_type\":\"{definition.Name}\"," : $"\"sensor_id\":\"{sensor.Id}\",", ""),
            RejectReason.WrongType => Bytes(text, $"\"sensor_id\":\"{sensor.Id}\"", $"\"sensor_id\":{dice.Below(100_000)}"),
            RejectReason.UnknownSensorType => Bytes(text, $"\"sensor_type\":\"{definition.Name}\"", "\"sensor_type\":\"noise_level\""),
            RejectReason.BadName => Bytes(text, "\"city\":\"", "\"city\":\"" + new string('x', 200)),
            RejectReason.BadTimestamp => Bytes(text, Time(timestampMs), dice.Below(2) == 0 ? "yesterday" : "2026-13-45T25:61:00Z"),
            RejectReason.TimestampWithoutOffset => Bytes(text, Time(timestampMs), Time(timestampMs)[..^1]),
            RejectReason.TimestampInFuture => Bytes(text, Time(timestampMs), Time(TenYearsOn(timestampMs))),
            RejectReason.BadLocation => Bytes(text, "\"lat\":", "\"lat\":9"),
            RejectReason.NoMetrics => Bytes(text, text[text.IndexOf("\"metrics\":", StringComparison.Ordinal)..], "\"metrics\":{\"firmware\":7}}"),
            RejectReason.MetricNotANumber => Bytes(text, $"\"{metric.Name}\":", $"\"{metric.Name}\":\"NaN\",\"raw_{metric.Name}\":"),
            RejectReason.MetricOutOfRange => Bytes(text, $"\"{metric.Name}\":", FormattableString.Invariant($"\"{metric.Name}\":{(metric.Max * 10) + 1},\"raw_{metric.Name}\":")),
            _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "no fault is made for this reason"),
        };
    }

    private static byte[] Bytes(string text, string part, string instead)
    {
        var at = text.IndexOf(part, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(string.Concat(text.AsSpan(0, at), instead, text.AsSpan(at + part.Length)));
    }

    /// <summary>A byte that no UTF-8 text has, in the middle of the sensor's name.</summary>
    private static byte[] Scrambled(ReadOnlySpan<byte> reading, Sensor sensor)
    {
        var bytes = reading.ToArray();
        bytes[bytes.AsSpan().IndexOf(sensor.Key) + 1] = 0xFF;
        return bytes;
    }

    /// <summary>A clock whose year is wrong. It must stay ahead of whatever clock the broker has when the reading is sent, history or replay.</summary>
    private static long TenYearsOn(long timestampMs) => DateTimeOffset.FromUnixTimeMilliseconds(timestampMs).AddYears(10).ToUnixTimeMilliseconds();

    private static string Time(long timestampMs)
    {
        Span<byte> bytes = stackalloc byte[Timestamps.Length];
        Timestamps.Write(bytes, timestampMs);
        return Encoding.ASCII.GetString(bytes);
    }
}
