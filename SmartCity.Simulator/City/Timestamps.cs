namespace SmartCity.Simulator.City;

/// <summary>RFC 3339 in UTC, always with milliseconds, so that it has one width and a generator need not think about formats: <c>2026-01-15T14:03:27.512Z</c>.</summary>
internal static class Timestamps
{
    public const int Length = 24;

    /// <summary>Writes the 24 bytes.</summary>
    public static int Write(Span<byte> output, long unixMs)
    {
        var time = DateTime.UnixEpoch.AddMilliseconds(unixMs);
        time.Deconstruct(out var date, out var clock);
        Digits(output, 0, date.Year, 4);
        output[4] = (byte)'-';
        Digits(output, 5, date.Month, 2);
        output[7] = (byte)'-';
        Digits(output, 8, date.Day, 2);
        output[10] = (byte)'T';
        Digits(output, 11, clock.Hour, 2);
        output[13] = (byte)':';
        Digits(output, 14, clock.Minute, 2);
        output[16] = (byte)':';
        Digits(output, 17, clock.Second, 2);
        output[19] = (byte)'.';
        Digits(output, 20, clock.Millisecond, 3);
        output[23] = (byte)'Z';
        return Length;
    }

    private static void Digits(Span<byte> output, int at, int value, int count)
    {
        for (var i = at + count - 1; i >= at; i--)
        {
            output[i] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }
}
