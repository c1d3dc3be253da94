using System.Runtime.CompilerServices;

namespace SmartCity.Domain.Aggregates;

/// <summary>Numbers as whole billionths, so that sums do not depend on the order of adding.</summary>
internal static class FixedPoint
{
    /// <summary>Billionths in one.</summary>
    public const long One = 1_000_000_000;

    /// <summary>Decimals that are kept.</summary>
    public const int Decimals = 9;

    /// <summary>The largest magnitude taken. Far above every range in the catalogue, and such that a rounded product still has its fraction: 4e6 · 1e9 &lt; 2^52.</summary>
    public const double MaxMagnitude = 4e6;

    /// <summary>The whole number of billionths nearest to the exact value of <paramref name="value"/>; half-way cases go to the even one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long FromDouble(double value)
    {
        if (!(Math.Abs(value) <= MaxMagnitude))
        {
            ThrowOutOfRange(value);
        }

        // The product is off by at most half a unit in its last place, which can mislead the rounding only where it ends in exactly one half.
        var product = value * One;
        var rounded = Math.Round(product);
        return Math.Abs(product - rounded) == 0.5 ? RoundNearHalf(value, product, rounded) : (long)rounded;
    }

    private static long RoundNearHalf(double value, double product, double rounded)
    {
        var error = Math.FusedMultiplyAdd(value, One, -product);
        return (long)(error > 0 ? Math.Ceiling(product) : error < 0 ? Math.Floor(product) : rounded);
    }

    private static void ThrowOutOfRange(double value)
        => throw new ArgumentOutOfRangeException(nameof(value), value, "A metric's value must be finite and within ±4,000,000.");
}
