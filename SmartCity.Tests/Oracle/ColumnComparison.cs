using System.Globalization;

namespace SmartCity.Tests.Oracle;

/// <summary>Holds the figures of one row against the oracle, wherever the row stands.</summary>
internal static class ColumnComparison
{
    /// <summary>The first column that does not agree, or null.</summary>
    public static string? DifferenceOf(OracleWindow window, string type, Func<string, double?> valueOf)
    {
        foreach ((string column, double? expected, double tolerance) in window.Columns(type))
        {
            double? actual = valueOf(column);
            if (!Agree(column, actual, expected, tolerance))
            {
                return string.Create(CultureInfo.InvariantCulture, $"{column} is {actual:R}, not {expected:R}");
            }
        }

        return null;
    }

    private static bool Agree(string column, double? actual, double? expected, double tolerance)
    {
        if (actual is not { } a || expected is not { } e)
        {
            return actual is null == expected is null;
        }

        // A direction wraps round at north.
        return (column == "avg_wind_direction" ? Math.Abs(Math.IEEERemainder(a - e, 360)) : Math.Abs(a - e)) <= tolerance;
    }
}
