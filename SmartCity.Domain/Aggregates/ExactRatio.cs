using System.Numerics;

namespace SmartCity.Domain.Aggregates;

/// <summary>Quotients of whole numbers of any size as the nearest double.</summary>
internal static class ExactRatio
{
    /// <summary>As the other, and nearly always without allocating.</summary>
    public static double ToDouble(Int128 numerator, UInt128 denominator)
    {
        // Twos in the denominator only move the point, so that nearly every one fits into 64 bits.
        var twos = (int)UInt128.TrailingZeroCount(denominator);
        var odd = denominator >> twos;
        if (numerator == 0 || numerator == Int128.MinValue || odd > ulong.MaxValue)
        {
            return ToDouble((BigInteger)numerator, denominator);
        }

        // Then the quotient has at least 64 bits; its last one set when anything is left over, its first 64 round to 53 as the exact one would.
        var magnitude = (UInt128)Int128.Abs(numerator);
        var shift = (int)UInt128.LeadingZeroCount(magnitude);
        var (quotient, rest) = UInt128.DivRem(magnitude << shift, odd);
        var excess = 64 - (int)UInt128.LeadingZeroCount(quotient);
        var sticky = rest != 0 || (excess > 0 && (quotient << (128 - excess)) != 0);
        var first = (ulong)(quotient >> excess);
        var value = Math.ScaleB((double)(sticky ? first | 1 : first), excess - shift - twos);
        return numerator < 0 ? -value : value;
    }

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
