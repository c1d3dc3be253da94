using System.Buffers.Text;

using Confluent.Kafka;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Engine;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>What a record adds to <c>quality_hourly</c>. Of late and refused readings only the headers are looked at, since the rest may be anything.</summary>
internal static class QualityCounts
{
    private static readonly HashSet<string> Reasons =
        [.. Enum.GetValues<RejectReason>().Where(reason => reason != RejectReason.None).Select(reason => reason.Code())];

    public static KeyValuePair<QualityKey, long> OfDeadLetter(in SinkRecord record)
    {
        string? reason = record.Headers is { } headers && headers.TryGetLastBytes(RecordHeaders.Reason, out byte[] bytes) ? System.Text.Encoding.UTF8.GetString(bytes) : null;
        return new(new(HourOf(record), QualityHourEntity.DeadLetter, reason is not null && Reasons.Contains(reason) ? reason : QualityHourEntity.OtherReason), 1);
    }

    public static KeyValuePair<QualityKey, long> OfLate(in SinkRecord record)
    {
        long latenessMs = Number(record.Headers, RecordHeaders.LatenessMs) ?? 0;
        foreach (int seconds in QualityHourEntity.LatenessBuckets)
        {
            if (latenessMs <= seconds * 1000L)
            {
                return new(new(HourOf(record), QualityHourEntity.Late, seconds.ToString(System.Globalization.CultureInfo.InvariantCulture)), 1);
            }
        }

        return new(new(HourOf(record), QualityHourEntity.Late, ""), 1);
    }

    public static KeyValuePair<QualityKey, long>[] OfAccepted(ReadingCounts counts)
        => [.. SensorTypes.All.Where(type => counts.Accepted[(int)type.Type] > 0)
            .Select(type => KeyValuePair.Create(new QualityKey(counts.HourMs, QualityHourEntity.Accepted, type.Name), counts.Accepted[(int)type.Type]))];

    /// <summary>The hour in which Kafka took the reading itself; for a record of unknown origin the hour in which it took that.</summary>
    private static long HourOf(in SinkRecord record)
        => ReadingCounts.HourOf(Number(record.Headers, RecordHeaders.SourceTimestampMs) is { } time and not -1 ? time : record.TimestampMs);

    private static long? Number(Headers? headers, string name)
        => headers is not null && headers.TryGetLastBytes(name, out byte[] bytes) && Utf8Parser.TryParse(bytes, out long value, out int used) && used == bytes.Length ? value : null;
}
