using System.Buffers;
using System.Globalization;
using System.Text.Json;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>How many valid readings of each type Kafka took in an hour, as far as one commit of one input partition goes: <c>{"hour":"2026-01-15T14:00:00Z","accepted":{"traffic":12}}</c>.</summary>
/// <param name="HourMs">The start of the hour, ms since the Unix epoch.</param>
/// <param name="Accepted">The counts, indexed by <see cref="SensorType"/>.</param>
public sealed record ReadingCounts(long HourMs, IReadOnlyList<long> Accepted)
{
    private const long MsPerHour = 3_600_000;

    private static readonly DateTimeOffset FirstHour = DateTimeOffset.MinValue, LastHour = DateTimeOffset.MaxValue;

    /// <summary>The start of the hour that holds a time; times that no calendar has are moved to its ends.</summary>
    public static long HourOf(long unixMs)
    {
        long ms = Math.Clamp(unixMs, FirstHour.ToUnixTimeMilliseconds(), LastHour.ToUnixTimeMilliseconds());
        return ms - (((ms % MsPerHour) + MsPerHour) % MsPerHour);
    }

    /// <summary>Writes it as JSON; types without a reading are left out.</summary>
    public void WriteJson(IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteString("hour", DateTimeOffset.FromUnixTimeMilliseconds(HourMs).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteStartObject("accepted");
        foreach (var type in SensorTypes.All)
        {
            if (Accepted[(int)type.Type] > 0)
            {
                json.WriteNumber(type.Name, Accepted[(int)type.Type]);
            }
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="WriteJson"/> wrote; throws <see cref="FormatException"/> for anything else.</summary>
    public static ReadingCounts ParseJson(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes);
            using var document = JsonDocument.ParseValue(ref reader);
            var accepted = new long[SensorTypes.All.Count];
            foreach (var one in document.RootElement.GetProperty("accepted").EnumerateObject())
            {
                var type = SensorTypes.All.FirstOrDefault(type => type.Name == one.Name) ?? throw new FormatException($"{one.Name} is no sensor type.");
                accepted[(int)type.Type] = one.Value.GetInt64();
            }

            return new ReadingCounts(HourOf(document.RootElement.GetProperty("hour").GetDateTimeOffset().ToUnixTimeMilliseconds()), accepted);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("It is not a count of readings.", error);
        }
    }
}
