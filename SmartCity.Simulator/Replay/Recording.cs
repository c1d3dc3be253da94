using SmartCity.Domain.Readings;

namespace SmartCity.Simulator.Replay;

/// <summary>What a file of readings spans in time, by its valid readings: one with a wrong clock must not stretch it.</summary>
/// <param name="Readings">Valid readings.</param>
/// <param name="FirstMs">The event time of the first one in the file, ms.</param>
/// <param name="LatestMs">The latest event time, ms.</param>
internal readonly record struct Recording(long Readings, long FirstMs, long LatestMs)
{
    /// <summary>Reads the file through.</summary>
    public static Recording Survey(LineReader lines, long nowMs)
    {
        var parser = new ReadingParser(new ReadingRules());
        var (count, first, latest) = (0L, 0L, 0L);
        while (lines.TryRead(out var line))
        {
            if (!parser.TryParse(line, nowMs, out var reading, out _))
            {
                continue;
            }

            (first, latest) = count++ == 0 ? (reading.TimestampMs, reading.TimestampMs) : (first, Math.Max(latest, reading.TimestampMs));
        }

        return new Recording(count, first, latest);
    }

    /// <summary>
    /// How far to move every timestamp so that the replay ends or begins at <paramref name="nowMs"/> without ever being ahead of the clock: played faster
    /// than it was recorded, its latest reading is stamped with the moment at which the replay will end; otherwise its first with the present.
    /// </summary>
    public long ShiftTo(long nowMs, double speed) => speed switch
    {
        0 => nowMs - LatestMs,
        > 1 => nowMs + (long)((LatestMs - FirstMs) / speed) - LatestMs,
        _ => nowMs - FirstMs,
    };
}
