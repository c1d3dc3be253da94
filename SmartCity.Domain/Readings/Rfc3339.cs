using System.Text;

namespace SmartCity.Domain.Readings;

/// <summary>How reading a timestamp ended.</summary>
public enum TimestampFormat : byte
{
    /// <summary>Not an RFC 3339 date-time, or outside the years that are accepted.</summary>
    Invalid = 0,

    /// <summary>An RFC 3339 date-time with its offset.</summary>
    WithOffset,

    /// <summary>An RFC 3339 date-time but for its missing offset; read as UTC.</summary>
    WithoutOffset,
}

/// <summary>
/// RFC 3339 date-times as milliseconds since the Unix epoch. Seconds may be left out (<c>14:03Z</c>), as Java does when they are zero. Digits after the third decimal are dropped, which rounds down before 1970 too. A leap
/// second (<c>:60</c>) has no place on that scale and is not accepted; a space in place of <c>T</c> is not either.
/// </summary>
public static class Rfc3339
{
    /// <summary>0001-01-01T00:00:00Z, the first instant accepted and the first that .NET holds.</summary>
    public const long MinMs = -62_135_596_800_000;

    /// <summary>9999-12-31T23:59:59.999Z, the last instant accepted and the last that .NET holds.</summary>
    public const long MaxMs = 253_402_300_799_999;

    /// <summary>The bytes that <see cref="Format(long, Span{byte})"/> writes at most.</summary>
    public const int MaxLength = 24;

    private const int DaysToUnixEpoch = 719_162;

    /// <summary>Reads a date-time that fills <paramref name="text"/> wholly.</summary>
    public static TimestampFormat TryParse(ReadOnlySpan<byte> text, out long ms)
    {
        // yyyy-MM-ddTHH:mm:ss
        // 0123456789012345678
        ms = 0;
        if (text.Length < 16 || text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't' || text[13] != ':')
        {
            return TimestampFormat.Invalid;
        }

        int century = TwoDigits(text, 0), yearOfCentury = TwoDigits(text, 2), month = TwoDigits(text, 5), day = TwoDigits(text, 8);
        int hour = TwoDigits(text, 11), minute = TwoDigits(text, 14);
        var rest = text[16..];
        if (!TryReadSeconds(ref rest, out var second, out var fractionMs) || !TryReadOffset(rest, out var offsetMinutes))
        {
            return TimestampFormat.Invalid;
        }

        if ((century | yearOfCentury | month | day | hour | minute) < 0)
        {
            return TimestampFormat.Invalid;
        }

        var year = (century * 100) + yearOfCentury;
        if (year == 0 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59)
        {
            return TimestampFormat.Invalid;
        }

        var minutes = (((((DaysSinceYearOne(year, month, day) - DaysToUnixEpoch) * 24L) + hour) * 60) + minute) - offsetMinutes;
        ms = (((minutes * 60) + second) * 1000) + fractionMs;
        if (ms is < MinMs or > MaxMs)
        {
            return TimestampFormat.Invalid;
        }

        return rest.IsEmpty ? TimestampFormat.WithoutOffset : TimestampFormat.WithOffset;
    }

    /// <summary>Writes <c>2026-01-15T14:03:27.512Z</c>, or <c>2026-01-15T14:03:27Z</c> when the milliseconds are zero; returns the bytes written.</summary>
    public static int Format(long ms, Span<byte> output) => Format(ms, output, ms % 1000 != 0);

    /// <summary>Writes <c>2026-01-15T14:03:27.000Z</c>, always with milliseconds; returns the bytes written.</summary>
    public static int FormatMilliseconds(long ms, Span<byte> output) => Format(ms, output, withMilliseconds: true);

    /// <summary>As <see cref="Format(long, Span{byte})"/>, as text.</summary>
    public static string Format(long ms)
    {
        Span<byte> text = stackalloc byte[MaxLength];
        return Encoding.ASCII.GetString(text[..Format(ms, text)]);
    }

    private static int Format(long ms, Span<byte> output, bool withMilliseconds)
    {
        // yyyy-MM-ddTHH:mm:ss.fffZ
        // 012345678901234567890123
        var time = DateTimeOffset.FromUnixTimeMilliseconds(ms).DateTime;
        output = output[..(withMilliseconds ? MaxLength : MaxLength - 4)];
        var (year, month, day) = DateOnly.FromDateTime(time);
        WriteDigits(output, 0, 4, year);
        output[4] = (byte)'-';
        WriteDigits(output, 5, 2, month);
        output[7] = (byte)'-';
        WriteDigits(output, 8, 2, day);
        output[10] = (byte)'T';
        WriteDigits(output, 11, 2, time.Hour);
        output[13] = (byte)':';
        WriteDigits(output, 14, 2, time.Minute);
        output[16] = (byte)':';
        WriteDigits(output, 17, 2, time.Second);
        if (withMilliseconds)
        {
            output[19] = (byte)'.';
            WriteDigits(output, 20, 3, time.Millisecond);
        }

        output[^1] = (byte)'Z';
        return output.Length;
    }

    private static void WriteDigits(Span<byte> output, int at, int count, int value)
    {
        for (var i = at + count - 1; i >= at; i--)
        {
            (value, var digit) = Math.DivRem(value, 10);
            output[i] = (byte)('0' + digit);
        }
    }

    private static bool TryReadSeconds(scoped ref ReadOnlySpan<byte> rest, out int second, out int ms)
    {
        second = ms = 0;
        if (rest.IsEmpty || rest[0] != ':')
        {
            return true;
        }

        if (rest.Length < 3 || (second = TwoDigits(rest, 1)) is < 0 or > 59)
        {
            return false;
        }

        rest = rest[3..];
        return TryReadFraction(ref rest, out ms);
    }

    private static bool TryReadFraction(scoped ref ReadOnlySpan<byte> rest, out int ms)
    {
        ms = 0;
        if (rest.IsEmpty || rest[0] != '.')
        {
            return true;
        }

        var digits = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? rest.Length - 1 : digits;
        for (var i = 1; i <= 3; i++)
        {
            ms = (ms * 10) + (i <= digits ? rest[i] - '0' : 0);
        }

        rest = rest[(digits + 1)..];
        return digits > 0;
    }

    private static bool TryReadOffset(ReadOnlySpan<byte> rest, out int minutes)
    {
        minutes = 0;
        if (rest.IsEmpty || (rest.Length == 1 && (rest[0] | 0x20) == 'z'))
        {
            return true;
        }

        if (rest.Length != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':')
        {
            return false;
        }

        int hour = TwoDigits(rest, 1), minute = TwoDigits(rest, 4);
        minutes = ((hour * 60) + minute) * (rest[0] == '-' ? -1 : 1);
        return hour is >= 0 and <= 23 && minute is >= 0 and <= 59;
    }

    /// <summary>The number at <paramref name="at"/>, or -1 when it is not two digits.</summary>
    private static int TwoDigits(ReadOnlySpan<byte> text, int at)
    {
        int tens = text[at] - '0', ones = text[at + 1] - '0';
        return (uint)tens <= 9 && (uint)ones <= 9 ? (tens * 10) + ones : -1;
    }

    private static int DaysSinceYearOne(int year, int month, int day) => new DateOnly(year, month, day).DayNumber;
}
