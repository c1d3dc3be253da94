namespace SmartCity.Api.Query;

/// <summary>The buckets of a roll-up: which one a time lies in, and where it ends. Days follow a time zone through its changes of clock.</summary>
internal sealed class Buckets(Resolution resolution, TimeZoneInfo zone)
{
    /// <summary>The start of the bucket that a UTC time lies in.</summary>
    public DateTime StartOf(DateTime utc)
    {
        if (!resolution.IsDaily || zone.Equals(TimeZoneInfo.Utc))
        {
            return new DateTime(utc.Ticks - Modulo(utc.Ticks - DateTime.UnixEpoch.Ticks, resolution.Width.Ticks), DateTimeKind.Utc);
        }

        return Midnight(TimeZoneInfo.ConvertTimeFromUtc(utc, zone).Date);
    }

    /// <summary>The end (excluded) of the bucket that starts at a UTC time.</summary>
    public DateTime EndOf(DateTime start)
    {
        if (!resolution.IsDaily || zone.Equals(TimeZoneInfo.Utc))
        {
            return start + resolution.Width;
        }

        return Midnight(TimeZoneInfo.ConvertTimeFromUtc(start, zone).Date.AddDays(1));
    }

    /// <summary>When a day begins at a place: at midnight, at the first of two midnights, or, where the clock skips midnight, when it skips.</summary>
    private DateTime Midnight(DateTime date)
    {
        var local = DateTime.SpecifyKind(date, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return DateTime.SpecifyKind(local - offset, DateTimeKind.Utc);
    }

    private static long Modulo(long value, long divisor) => ((value % divisor) + divisor) % divisor;
}
