namespace SmartCity.Domain.Aggregates;

/// <summary>
/// Sine and cosine of degrees in billionths, from additions and multiplications alone: those give the same bits on every processor and operating
/// system, while <see cref="Math.Sin"/> may not. Opposite directions cancel out exactly.
/// </summary>
internal static class Direction
{
    /// <summary>360° is 0°.</summary>
    public static double Normalize(double degrees) => degrees == 360 ? 0 : degrees;

    /// <summary>For degrees from 0 (included) to 360 (excluded).</summary>
    public static (long Sin, long Cos) SinCos(double degrees)
    {
        var quadrant = (int)(degrees / 90);
        var rest = degrees - (90 * quadrant);
        var complement = rest > 45;
        var x = (complement ? 90 - rest : rest) * (Math.PI / 180);
        var (sin, cos) = (FixedPoint.FromDouble(Sin(x)), FixedPoint.FromDouble(Cos(x)));
        if (complement)
        {
            (sin, cos) = (cos, sin);
        }

        return quadrant switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    /// <summary>The direction of a vector in degrees from 0 (included) to 360 (excluded); null when it has no length.</summary>
    public static double? Of(Int128 sin, Int128 cos)
    {
        if (sin == 0 && cos == 0)
        {
            return null;
        }

        var degrees = Math.Atan2((double)sin, (double)cos) * (180 / Math.PI);
        degrees = degrees < 0 ? degrees + 360 : degrees;
        return degrees >= 360 ? 0 : degrees;
    }

    // Taylor series up to π/4, where the first term left out is below 1e-16.
    private static double Sin(double x)
    {
        var y = x * x;
        return x * (1 - (y / 6 * (1 - (y / 20 * (1 - (y / 42 * (1 - (y / 72 * (1 - (y / 110 * (1 - (y / 156 * (1 - (y / 210))))))))))))));
    }

    private static double Cos(double x)
    {
        var y = x * x;
        return 1 - (y / 2 * (1 - (y / 12 * (1 - (y / 30 * (1 - (y / 56 * (1 - (y / 90 * (1 - (y / 132 * (1 - (y / 182 * (1 - (y / 240)))))))))))))));
    }
}
