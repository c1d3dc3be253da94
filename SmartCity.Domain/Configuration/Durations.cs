using System.Globalization;

namespace SmartCity.Domain.Configuration;

/// <summary>Durations as people write them: <c>00:05:00</c>, or a number with a unit (<c>200ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>, <c>14d</c>).</summary>
public static class Durations
{
    private static readonly (string Suffix, TimeSpan Unit)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>
    /// Reads a duration. A bare number is refused: .NET would read <c>30</c> as thirty days, and nobody means that.
    /// </summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        text = text?.Trim() ?? "";
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration);
        }

        foreach (var (suffix, unit) in Units)
        {
            if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                var ticks = number * unit.Ticks;
                duration = new TimeSpan(ticks < long.MaxValue ? (long)ticks : long.MaxValue);
                return true;
            }
        }

        return false;
    }

    /// <summary>The form that configuration messages use, e.g. <c>00:05:00</c>.</summary>
    public static string Format(TimeSpan duration) => duration.ToString("c", CultureInfo.InvariantCulture);
}
