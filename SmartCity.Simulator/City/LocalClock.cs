namespace SmartCity.Simulator.City;

/// <summary>What people in a city read off their clocks: hour of the day (0–24) and whether they work.</summary>
internal readonly record struct LocalTime(double Hour, bool Workday)
{
    private const long HourMs = 3_600_000;
    private const long DayMs = 24 * HourMs;

    /// <summary>Local time in a city of the European Union: its summer time runs from the last Sunday of March to that of October, 01:00 UTC.</summary>
    public static LocalTime At(long utcMs, int standardOffsetHours)
    {
        var local = utcMs + ((standardOffsetHours + (IsSummerTime(utcMs) ? 1 : 0)) * HourMs);
        var day = (long)Math.Floor(local / (double)DayMs);

        // 1 January 1970 was a Thursday, the fourth day of the week.
        var weekday = (int)(((day + 3) % 7 + 7) % 7);
        return new LocalTime((local - (day * DayMs)) / (double)HourMs, weekday < 5);
    }

    private static bool IsSummerTime(long utcMs)
    {
        var year = DateTime.UnixEpoch.AddMilliseconds(utcMs).Year;
        return utcMs >= LastSundayOneOClock(year, 3) && utcMs < LastSundayOneOClock(year, 10);
    }

    private static long LastSundayOneOClock(int year, int month)
    {
        var last = new DateTime(year, month, 31, 1, 0, 0, DateTimeKind.Utc);
        return (last.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond - ((int)last.DayOfWeek * DayMs);
    }
}
