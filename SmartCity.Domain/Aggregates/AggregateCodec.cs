using System.Buffers;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>
/// The binary form of an aggregate, version 1: version, reading count; unless that is zero, sensor type, a mask of the metrics that have values, and for each of
/// them its flags and what they do not already say. Each aggregate has exactly one form, and whatever no readings could have given is refused.
/// </summary>
internal static class AggregateCodec
{
    private const byte Version = 1;
    private const int MaxMetricSize = 1 + 10 + (2 * (10 + 5 + 10)) + (2 * 17) + (4 * 8);
    private const int MaxSize = 1 + 10 + 1 + 1 + (SensorTypes.MaxMetrics * MaxMetricSize);

    /// <summary>So many values of any magnitude have a sum of squares that Int128 holds, which spares most a slow division.</summary>
    private const long MaxUniformCount = 10_000_000;

    [Flags]
    private enum Has : byte
    {
        None = 0,

        /// <summary>Fewer values than readings: their count follows.</summary>
        Count = 1,

        /// <summary>Another first position than the metric before: it follows.</summary>
        First = 2,

        /// <summary>Another last position than the metric before: it follows.</summary>
        Last = 4,

        /// <summary>Not all values are the same: sums and extremes follow the value. (For a circular metric: more than one value.)</summary>
        Spread = 8,
    }

    public static void Write(IBufferWriter<byte> output, SensorType type, long readingCount, ReadOnlySpan<MetricState> metrics)
    {
        var writer = new PackedWriter(output.GetSpan(MaxSize));
        writer.Byte(Version);
        writer.Unsigned((ulong)readingCount);
        if (readingCount > 0)
        {
            writer.Byte((byte)type);
            var shape = MetricShape.Of(type);
            var present = 0;
            for (var i = 0; i < shape.Count; i++)
            {
                present |= metrics[i].Count > 0 ? 1 << i : 0;
            }

            writer.Byte((byte)present);
            ReadingPosition first = default, last = default;
            for (var i = 0; i < shape.Count; i++)
            {
                if (metrics[i].Count > 0)
                {
                    WriteMetric(ref writer, in metrics[i], readingCount, shape.IsCircular(i), in first, in last);
                    (first, last) = (metrics[i].FirstAt, metrics[i].LastAt);
                }
            }
        }

        output.Advance(writer.Written);
    }

    /// <summary>Fills <paramref name="metrics"/> and returns the reading count.</summary>
    public static long Read(ReadOnlySpan<byte> bytes, out SensorType type, Span<MetricState> metrics)
    {
        var reader = new PackedReader(bytes);
        type = default;
        metrics.Clear();
        if (reader.Byte() != Version)
        {
            throw new FormatException("Not an aggregate of a version known here.");
        }

        var readingCount = reader.Unsigned();
        Require(readingCount <= long.MaxValue);
        if (readingCount > 0)
        {
            type = (SensorType)reader.Byte();
            Require((int)type < SensorTypes.All.Count);
            var shape = MetricShape.Of(type);
            int present = reader.Byte();
            Require(present >> shape.Count == 0);
            ReadingPosition first = default, last = default;
            for (var i = 0; i < shape.Count; i++)
            {
                if ((present & (1 << i)) != 0)
                {
                    ReadMetric(ref reader, ref metrics[i], (long)readingCount, shape.IsCircular(i), in first, in last);
                    (first, last) = (metrics[i].FirstAt, metrics[i].LastAt);
                }
            }
        }

        Require(reader.AtEnd);
        return (long)readingCount;
    }

    private static void WriteMetric(
        ref PackedWriter writer, in MetricState metric, long readingCount, bool circular, in ReadingPosition first, in ReadingPosition last)
    {
        var has = (metric.Count != readingCount ? Has.Count : Has.None)
            | (metric.FirstAt != first ? Has.First : Has.None)
            | (metric.LastAt != last ? Has.Last : Has.None)
            | (HasSpread(in metric, circular) ? Has.Spread : Has.None);
        writer.Byte((byte)has);
        if ((has & Has.Count) != 0)
        {
            writer.Unsigned((ulong)metric.Count);
        }

        if ((has & Has.First) != 0)
        {
            WritePosition(ref writer, in metric.FirstAt, first.TimestampMs);
        }

        if ((has & Has.Last) != 0)
        {
            WritePosition(ref writer, in metric.LastAt, metric.FirstAt.TimestampMs);
        }

        writer.Double(metric.First);
        if ((has & Has.Spread) != 0)
        {
            writer.Double(metric.Last);
            if (!circular)
            {
                writer.Double(metric.Min);
                writer.Double(metric.Max);
            }

            writer.Wide(metric.Sum);
            writer.Wide(metric.SumOfSquares);
        }
    }

    private static void ReadMetric(
        ref PackedReader reader, ref MetricState metric, long readingCount, bool circular, in ReadingPosition first, in ReadingPosition last)
    {
        var has = (Has)reader.Byte();
        Require(has <= (Has.Count | Has.First | Has.Last | Has.Spread));
        metric.Count = readingCount;
        if ((has & Has.Count) != 0)
        {
            var count = reader.Unsigned();
            Require(count > 0 && count < (ulong)readingCount);
            metric.Count = (long)count;
        }

        metric.FirstAt = (has & Has.First) != 0 ? ReadPosition(ref reader, first.TimestampMs) : first;
        Require(metric.FirstAt != first || (has & Has.First) == 0);
        metric.LastAt = (has & Has.Last) != 0 ? ReadPosition(ref reader, metric.FirstAt.TimestampMs) : last;
        Require(metric.LastAt != last || (has & Has.Last) == 0);
        Require(metric.FirstAt.CompareTo(in metric.LastAt) <= 0);

        metric.First = ReadValue(ref reader, circular);
        if ((has & Has.Spread) == 0)
        {
            SetUniform(ref metric, circular);
        }
        else
        {
            metric.Last = ReadValue(ref reader, circular);
            if (!circular)
            {
                metric.Min = ReadValue(ref reader, circular);
                metric.Max = ReadValue(ref reader, circular);
            }

            metric.Sum = reader.Wide();
            metric.SumOfSquares = reader.Wide();
            Require(circular ? IsPossibleCircular(in metric) : IsPossibleLinear(in metric));
        }

        Require(HasSpread(in metric, circular) == ((has & Has.Spread) != 0));
    }

    private static bool HasSpread(in MetricState metric, bool circular) => circular ? metric.Count > 1 : metric.Min != metric.Max;

    /// <summary>The state of <see cref="MetricState.Count"/> values that are all the first one.</summary>
    private static void SetUniform(ref MetricState metric, bool circular)
    {
        metric.Last = metric.First;
        if (circular)
        {
            (metric.Sum, metric.SumOfSquares) = Direction.SinCos(metric.First);
            return;
        }

        metric.Min = metric.Max = metric.First;
        var billionths = FixedPoint.FromDouble(metric.First);
        var square = MetricState.Square(billionths);
        Require(metric.Count <= MaxUniformCount || square == 0 || metric.Count <= Int128.MaxValue / square);
        metric.Sum = (Int128)billionths * metric.Count;
        metric.SumOfSquares = square * metric.Count;
    }

    private static bool IsPossibleLinear(in MetricState metric)
    {
        if (!(metric.Min <= metric.First && metric.First <= metric.Max && metric.Min <= metric.Last && metric.Last <= metric.Max)
            || metric.Sum < (Int128)FixedPoint.FromDouble(metric.Min) * metric.Count
            || metric.Sum > (Int128)FixedPoint.FromDouble(metric.Max) * metric.Count
            || metric.SumOfSquares < 0)
        {
            return false;
        }

        // Almost always far enough apart for doubles to tell; exactly where not.
        var sum = (double)metric.Sum;
        return (double)metric.SumOfSquares * metric.Count > sum * sum * 1.000001 || metric.ScaledVariance().Sign >= 0;
    }

    private static bool IsPossibleCircular(in MetricState metric)
    {
        var limit = (Int128)metric.Count * FixedPoint.One;
        return Int128.Abs(metric.Sum) <= limit && Int128.Abs(metric.SumOfSquares) <= limit;
    }

    private static double ReadValue(ref PackedReader reader, bool circular)
    {
        var value = reader.Double();
        Require(circular ? value is >= 0 and < 360 : Math.Abs(value) <= FixedPoint.MaxMagnitude);
        Require(value != 0 || !double.IsNegative(value));
        return value;
    }

    private static void WritePosition(ref PackedWriter writer, in ReadingPosition position, long fromMs)
    {
        writer.Signed(unchecked(position.TimestampMs - fromMs));
        writer.Unsigned((uint)position.Partition);
        writer.Signed(position.Offset);
    }

    private static ReadingPosition ReadPosition(ref PackedReader reader, long fromMs)
    {
        var timestampMs = unchecked(reader.Signed() + fromMs);
        var partition = reader.Unsigned();
        Require(partition <= uint.MaxValue);
        return new ReadingPosition(timestampMs, (int)(uint)partition, reader.Signed());
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new FormatException("Not an aggregate: no readings give these bytes.");
        }
    }
}
