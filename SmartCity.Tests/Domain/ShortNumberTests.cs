using System.Globalization;
using System.Text;

using CsCheck;

using SmartCity.Domain.Aggregates;

namespace SmartCity.Tests.Domain;

public sealed class ShortNumberTests
{
    private static readonly double[] Edges = [0.1 + 0.2, 1e15, 999_999_999_999_999, 1e-4, 0.00012, -0.0];

    private static readonly Gen<double> Measured = Gen.Select(Gen.Long[-10_000_000_000, 10_000_000_000], Gen.Int[0, 9], (mantissa, decimals) => (double)(mantissa / (decimal)Math.Pow(10, decimals)));

    [Test]
    public void Whatever_is_written_is_what_NET_writes()
        => Gen.OneOf(Measured, Gen.Double, Gen.Double[-1e-3, 1e-3], Gen.Int[0, Edges.Length - 1].Select(i => Edges[i])).Sample(
            value => Written(value) is not { } text || text == value.ToString(CultureInfo.InvariantCulture), iter: 200_000);

    [TestCase(0, "0")]
    [TestCase(18.4, "18.4")]
    [TestCase(-3.25, "-3.25")]
    [TestCase(1013, "1013")]
    [TestCase(52.229700, "52.2297")]
    [TestCase(-100, "-100")]
    [TestCase(0.05, "0.05")]
    [TestCase(0.3333333333333333, null)]
    [TestCase(-0.0, null)]
    [TestCase(0.00001, null)]
    [TestCase(double.MaxValue, null)]
    public void Short_decimals_are_written_and_others_left(double value, string? text) => Assert.That(Written(value), Is.EqualTo(text));

    private static string? Written(double value)
    {
        Span<byte> output = stackalloc byte[ShortNumber.MaxLength];
        return ShortNumber.TryFormat(value, output, out var written) ? Encoding.ASCII.GetString(output[..written]) : null;
    }
}
