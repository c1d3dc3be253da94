using System.Numerics;

using CsCheck;

using SmartCity.Domain.Aggregates;

namespace SmartCity.Tests.Domain;

public sealed class FixedPointTests
{
    [TestCase(0, 0)]
    [TestCase(18.4, 18_400_000_000)]
    [TestCase(-0.1, -100_000_000)]
    [TestCase(4e6, 4_000_000_000_000_000)]
    [TestCase(1e-10, 0)]
    [TestCase(0.001953125, 1_953_125)]
    [TestCase(0.0009765625, 976_562)] // 976562.5, half-way exactly: to even
    [TestCase(0.0029296875, 2_929_688)] // 2929687.5
    [TestCase(-0.0009765625, -976_562)]
    public void Rounded(double value, long billionths) => Assert.That(FixedPoint.FromDouble(value), Is.EqualTo(billionths));

    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    [TestCase(4_000_000.0000000005)]
    [TestCase(-1e300)]
    public void Out_of_range(double value) => Assert.That(() => FixedPoint.FromDouble(value), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Every_double_in_range_is_rounded_as_exact_arithmetic_does()
    {
        // Anything, short decimals, and values around the half-way points, where a rounded product misleads.
        var halves = Gen.Select(Gen.Long[-1_000_000_000_000_000, 1_000_000_000_000_000], Gen.Int[-2, 2]).Select((whole, steps) =>
        {
            var value = (whole + 0.5) / 1e9;
            for (; steps > 0; steps--)
            {
                value = Math.BitIncrement(value);
            }

            for (; steps < 0; steps++)
            {
                value = Math.BitDecrement(value);
            }

            return value;
        });
        Gen.OneOf(Gen.Double[-4e6, 4e6], Gen.Double[-1, 1], Gen.Int[-10_000_000, 10_000_000].Select(i => i / 1e7), halves)
            .Sample(value => FixedPoint.FromDouble(value) == ExactBillionths(value), iter: 200_000);
    }

    [Test]
    public void Quotients_are_the_nearest_double()
        => Gen.Select(Gen.Long, Gen.Long[1, long.MaxValue], Gen.Int[0, 60]).Sample((numerator, denominator, shift) =>
        {
            var ratio = ExactRatio.ToDouble((BigInteger)numerator << shift, denominator);
            var error = Distance(ratio);
            return error <= Distance(Math.BitIncrement(ratio)) && error <= Distance(Math.BitDecrement(ratio));

            // |candidate · denominator - numerator|, times a power of two that makes it whole.
            BigInteger Distance(double candidate)
            {
                var (mantissa, exponent) = Parts(candidate);
                return BigInteger.Abs((mantissa * denominator << (exponent + 1074)) - ((BigInteger)numerator << (shift + 1074)));
            }
        });

    [Test]
    public void Quotients_of_128_bits_are_those_of_any_size()
        => Gen.Select(Gen.Long, Gen.Long, Gen.Int[0, 127], Gen.Long[1, long.MaxValue], Gen.Int[0, 64]).Sample((high, low, shift, denominator, more) =>
        {
            var numerator = (Int128)(((UInt128)(ulong)high << 64) | (ulong)low) >> shift;
            var wide = (UInt128)(ulong)denominator << more;
            return ExactRatio.ToDouble(numerator, wide).Equals(ExactRatio.ToDouble((BigInteger)numerator, wide));
        }, iter: 100_000);

    [Test]
    public void The_least_number_of_128_bits_has_a_quotient_too()
        => Assert.That(ExactRatio.ToDouble(Int128.MinValue, (UInt128)4), Is.EqualTo(-Math.ScaleB(1, 125)));

    /// <summary>The double as mantissa · 2^exponent.</summary>
    private static (BigInteger Mantissa, int Exponent) Parts(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = bits & 0xF_FFFF_FFFF_FFFF;
        return ((exponent == 0 ? mantissa : mantissa | (1L << 52)) * (bits < 0 ? -1 : 1), Math.Max(exponent, 1) - 1075);
    }

    internal static BigInteger ExactBillionths(double value)
    {
        var (mantissa, exponent) = Parts(Math.Abs(value));
        var scaled = mantissa * 1_000_000_000;
        BigInteger rounded;
        if (exponent >= 0)
        {
            rounded = scaled << exponent;
        }
        else
        {
            var divisor = BigInteger.One << -exponent;
            rounded = BigInteger.DivRem(scaled, divisor, out var rest);
            var twice = (rest * 2).CompareTo(divisor);
            rounded += twice > 0 || (twice == 0 && !rounded.IsEven) ? 1 : 0;
        }

        return value < 0 ? -rounded : rounded;
    }
}
