using System.Numerics;

namespace SmartCity.Domain.Aggregates;

/// <summary>Quotients of whole numbers of any size as the nearest double.</summary>
internal static class ExactRatio
{
    /// <summary>The double nearest to <paramref name="numerator"/> / <paramref name="denominator"/>; the denominator is positive.</summary>
    public static double ToDouble(BigInteger numerator, BigInteger denominator)
    {
        if (numerator.IsZero)
        {
            return 0;
        }

        var magnitude = BigInteger.Abs(numerator);

        // A quotient of 63 or 64 bits, its last one set when anything is left over, rounds to 53 bits as the exact one would.
        var shift = (int)(63 + denominator.GetBitLength() - magnitude.GetBitLength());
        var quotient = (ulong)BigInteger.DivRem(
            shift > 0 ? magnitude << shift : magnitude, shift < 0 ? denominator << -shift : denominator, out var rest);
        var value = Math.ScaleB((double)(rest.IsZero ? quotient : quotient | 1), -shift);
        return numerator.Sign < 0 ? -value : value;
    }
}
