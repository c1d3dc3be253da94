using System.Globalization;
using System.Text.Json;

namespace SmartCity.Tests.Oracle;

/// <summary>Size, advance and grace of the windows, in milliseconds.</summary>
internal sealed record OracleTimes(long SizeMs = 300_000, long AdvanceMs = 60_000, long GraceMs = 600_000);

/// <summary>From <paramref name="Offset"/> of <paramref name="Partition"/> on, stream time is at least <paramref name="StreamTimeMs"/>.</summary>
internal readonly record struct OracleRaise(int Partition, long Offset, long StreamTimeMs)
{
    /// <summary>The raises that an application has recorded so far.</summary>
    public static IReadOnlyList<OracleRaise> Read(string bootstrapServers, string topic)
        => [.. LogReader.Read(bootstrapServers, topic).SelectMany(partition => partition).Select(record => Of(record.Value))];

    private static OracleRaise Of(byte[] record)
    {
        using JsonDocument json = JsonDocument.Parse(record);
        return new OracleRaise(
            json.RootElement.GetProperty("partition").GetInt32(),
            json.RootElement.GetProperty("offset").GetInt64(),
            DateTimeOffset.Parse(json.RootElement.GetProperty("stream_time").GetString()!, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds());
    }
}

/// <summary>What must have become of an input log.</summary>
/// <param name="Windows">Every window with at least one reading.</param>
/// <param name="Valid">The valid readings by place.</param>
/// <param name="Invalid">The places of the invalid ones: dead letters.</param>
/// <param name="Late">The places of those that counted in no window, with their lateness in ms.</param>
/// <param name="LateByRaise">Those of them that came while stream time stood where a raise had put it, with that time.</param>
/// <param name="WatermarkMs">The smallest stream time of all partitions; null while one has none.</param>
internal sealed record OracleVerdict(
    IReadOnlyDictionary<OracleWindowKey, OracleWindow> Windows,
    IReadOnlyDictionary<LogPlace, OracleReading> Valid,
    IReadOnlySet<LogPlace> Invalid,
    IReadOnlyDictionary<LogPlace, long> Late,
    IReadOnlyDictionary<LogPlace, long> LateByRaise,
    long? WatermarkMs);

/// <summary>
/// Which reading counts in which window, worked out one reading and one window at a time from the logs and the recorded raises alone: the stream time of a
/// partition is the largest min(event time, record time) of its valid readings so far, or what it was raised to; a reading counts in each window that
/// it lies in and that ends, with its grace, after that.
/// </summary>
internal static class WindowOracle
{
    public static OracleVerdict Judge(IReadOnlyList<IReadOnlyList<LogRecord>> partitions, IReadOnlyCollection<OracleRaise> raises, OracleTimes times)
    {
        var windows = new Dictionary<OracleWindowKey, OracleWindow>();
        var valid = new Dictionary<LogPlace, OracleReading>();
        var invalid = new HashSet<LogPlace>();
        var late = new Dictionary<LogPlace, long>();
        var lateByRaise = new Dictionary<LogPlace, long>();
        long? watermark = long.MaxValue;
        for (int partition = 0; partition < partitions.Count; partition++)
        {
            OracleRaise[] due = [.. raises.Where(raise => raise.Partition == partition).OrderBy(raise => raise.Offset)];
            long? streamTime = null;
            long? byReadings = null;
            foreach (LogRecord record in partitions[partition])
            {
                streamTime = Later(streamTime, due.Where(raise => raise.Offset <= record.Place.Offset));
                if (OracleReading.Parse(record.Value, record.TimestampMs) is not { } reading)
                {
                    invalid.Add(record.Place);
                    continue;
                }

                valid.Add(record.Place, reading);
                byReadings = Math.Max(byReadings ?? long.MinValue, Math.Min(reading.TimestampMs, record.TimestampMs));
                streamTime = Math.Max(streamTime ?? long.MinValue, byReadings.Value);
                long newest = Floor(reading.TimestampMs, times.AdvanceMs);
                bool counted = false;
                for (long start = newest; start > reading.TimestampMs - times.SizeMs; start -= times.AdvanceMs)
                {
                    if (start + times.SizeMs + times.GraceMs > streamTime)
                    {
                        Count(windows, reading, start);
                        counted = true;
                    }
                }

                if (!counted)
                {
                    late.Add(record.Place, streamTime.Value - (newest + times.SizeMs + times.GraceMs));
                    if (streamTime > byReadings)
                    {
                        lateByRaise.Add(record.Place, streamTime.Value);
                    }
                }
            }

            streamTime = Later(streamTime, due);
            watermark = streamTime is null || watermark is null ? null : Math.Min(watermark.Value, streamTime.Value);
        }

        return new OracleVerdict(windows, valid, invalid, late, lateByRaise, watermark);
    }

    private static long? Later(long? streamTime, IEnumerable<OracleRaise> raises)
    {
        foreach (OracleRaise raise in raises)
        {
            streamTime = Math.Max(streamTime ?? long.MinValue, raise.StreamTimeMs);
        }

        return streamTime;
    }

    private static void Count(Dictionary<OracleWindowKey, OracleWindow> windows, OracleReading reading, long start)
    {
        foreach (string district in reading.District.Length == 0 ? (string[])[""] : ["", reading.District])
        {
            var key = new OracleWindowKey(reading.Type, reading.City, district, start);
            if (!windows.TryGetValue(key, out OracleWindow? window))
            {
                windows[key] = window = new OracleWindow();
            }

            window.Add(reading);
        }
    }

    private static long Floor(long value, long step) => value - (((value % step) + step) % step);
}
