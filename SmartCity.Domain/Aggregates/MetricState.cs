using System.Numerics;

namespace SmartCity.Domain.Aggregates;

/// <summary>
/// What is known of one metric. <see cref="Sum"/> is Σx in billionths and <see cref="SumOfSquares"/> Σx² in squares of those; for a circular metric
/// the two hold Σsin and Σcos in billionths, and minimum and maximum are not kept.
/// </summary>
internal struct MetricState
{
    public long Count;
    public Int128 Sum;
    public Int128 SumOfSquares;
    public double Min;
    public double Max;
    public double First;
    public double Last;
    public ReadingPosition FirstAt;
    public ReadingPosition LastAt;

    public void Add(double value, bool circular, in ReadingPosition at)
    {
        if (circular)
        {
            value = Direction.Normalize(value);
            var (sin, cos) = Direction.SinCos(value);
            Sum += sin;
            SumOfSquares += cos;
        }
        else
        {
            var billionths = FixedPoint.FromDouble(value);
            Sum += billionths;
            SumOfSquares = checked(SumOfSquares + Square(billionths));
            Min = Count == 0 || value < Min ? value : Min;
            Max = Count == 0 || value > Max ? value : Max;
        }

        Note(value, at, value, at);
        Count++;
    }

    public void Merge(in MetricState other, bool circular)
    {
        if (other.Count == 0)
        {
            return;
        }

        if (!circular)
        {
            Min = Count == 0 || other.Min < Min ? other.Min : Min;
            Max = Count == 0 || other.Max > Max ? other.Max : Max;
        }

        Sum += other.Sum;
        SumOfSquares = checked(SumOfSquares + other.SumOfSquares);
        Note(other.First, other.FirstAt, other.Last, other.LastAt);
        Count += other.Count;
    }

    public readonly MetricSummary Summarize(bool circular)
        => Count == 0 ? default : circular ? SummarizeCircular() : SummarizeLinear();

    public static Int128 Square(long billionths)
    {
        var high = Math.BigMul(billionths, billionths, out var low);
        return new Int128((ulong)high, (ulong)low);
    }

    /// <summary>n²·variance·1e18 of the population: never negative for values that were added.</summary>
    public readonly BigInteger ScaledVariance()
        => ((BigInteger)SumOfSquares * Count) - ((BigInteger)Sum * (BigInteger)Sum);

    /// <summary>Two values at one position (a reading counted twice) are ordered by value, so that the order of merging never shows.</summary>
    private void Note(double first, in ReadingPosition firstAt, double last, in ReadingPosition lastAt)
    {
        if (Count == 0)
        {
            (First, FirstAt, Last, LastAt) = (first, firstAt, last, lastAt);
            return;
        }

        var order = lastAt.CompareTo(in LastAt);
        if (order > 0 || (order == 0 && last > Last))
        {
            (Last, LastAt) = (last, lastAt);
        }

        order = firstAt.CompareTo(in FirstAt);
        if (order < 0 || (order == 0 && first < First))
        {
            (First, FirstAt) = (first, firstAt);
        }
    }

    private readonly MetricSummary SummarizeLinear()
    {
        double? deviation = null;
        if (Count > 1)
        {
            deviation = Math.Sqrt(Variance());
        }

        var mean = ExactRatio.ToDouble(Sum, (UInt128)(ulong)Count * FixedPoint.One);
        return new MetricSummary(Count, ExactDecimal(Sum), mean, Min, Max, deviation, null, First, Last);
    }

    /// <summary>The double nearest to the sample variance.</summary>
    private readonly double Variance()
    {
        // Without big integers where both products surely fit.
        if (Count < 1 << 20 && Int128.Abs(Sum) < long.MaxValue && SumOfSquares < Int128.MaxValue >> 20)
        {
            var scaled = (SumOfSquares * Count) - Square((long)Sum);
            return ExactRatio.ToDouble(scaled, (UInt128)(ulong)(Count * (Count - 1)) * FixedPoint.One * FixedPoint.One);
        }

        return ExactRatio.ToDouble(ScaledVariance(), (BigInteger)Count * (Count - 1) * FixedPoint.One * FixedPoint.One);
    }

    private readonly MetricSummary SummarizeCircular()
    {
        double sin = (double)Sum, cos = (double)SumOfSquares;
        var consistency = Math.Min(1, Math.Sqrt((sin * sin) + (cos * cos)) / ((double)Count * FixedPoint.One));
        return new MetricSummary(Count, null, Direction.Of(Sum, SumOfSquares), null, null, null, consistency, First, Last);
    }

    /// <summary>Billionths as a decimal without trailing zeros.</summary>
    private static decimal ExactDecimal(Int128 billionths)
    {
        byte decimals = FixedPoint.Decimals;
        var magnitude = (UInt128)Int128.Abs(billionths);
        if (magnitude <= ulong.MaxValue)
        {
            var small = (ulong)magnitude;
            for (; decimals > 0 && small % 10 == 0; decimals--)
            {
                small /= 10;
            }

            magnitude = small;
        }
        else
        {
            for (; decimals > 0 && magnitude % 10 == 0; decimals--)
            {
                magnitude /= 10;
            }
        }

        return new decimal((int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)checked((uint)(magnitude >> 64)), billionths < 0, decimals);
    }
}
