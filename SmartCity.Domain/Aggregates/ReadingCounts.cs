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

    /// <summary>
    /// Set where the record says how far a window task is, and counts nothing: <c>"progress":{"task":3,"tasks":4,"watermark":"2026-01-15T14:15:00.000Z","processing_time":"2026-01-15T14:15:01.123Z"}</c>.
    /// </summary>
    public TaskProgress? Progress { get; init; }

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
        if (Progress is { } progress)
        {
            json.WriteStartObject("progress");
            json.WriteNumber("task", progress.Task);
            json.WriteNumber("tasks", progress.Tasks);
            json.WriteString("watermark", Rfc3339.Format(progress.WatermarkMs));
            json.WriteString("processing_time", Rfc3339.Format(progress.ProcessingTimeMs));
            json.WriteEndObject();
        }

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

            return new ReadingCounts(HourOf(document.RootElement.GetProperty("hour").GetDateTimeOffset().ToUnixTimeMilliseconds()), accepted)
            {
                Progress = document.RootElement.TryGetProperty("progress", out var progress) ? ProgressIn(progress) : null,
            };
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("It is not a count of readings.", error);
        }
    }

    private static TaskProgress ProgressIn(JsonElement json)
    {
        var progress = new TaskProgress(
            json.GetProperty("task").GetInt32(), json.GetProperty("tasks").GetInt32(), json.GetProperty("watermark").GetDateTimeOffset().ToUnixTimeMilliseconds(),
            json.GetProperty("processing_time").GetDateTimeOffset().ToUnixTimeMilliseconds());
        return progress.Task >= 0 && progress.Task < progress.Tasks ? progress : throw new FormatException($"{progress.Task} is none of {progress.Tasks} tasks.");
    }
}

/// <summary>How far a window task is: every row of a window that it has closed lies in Kafka ahead of this.</summary>
/// <param name="Task">The task's number.</param>
/// <param name="Tasks">How many there are: a type and city is the task's to which its bytes hash.</param>
/// <param name="WatermarkMs">The watermark, ms since the Unix epoch.</param>
/// <param name="ProcessingTimeMs">Wall-clock time at which it was told, ms.</param>
public readonly record struct TaskProgress(int Task, int Tasks, long WatermarkMs, long ProcessingTimeMs);
