using System.Buffers;
using System.Globalization;
using System.Numerics;

using CsCheck;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;

using static SmartCity.Tests.Domain.AggregateTestData;

namespace SmartCity.Tests.Domain;

public sealed class CityAggregateTests
{
    private const int WindDirection = 4;

    [Test]
    public void Any_split_order_and_merge_gives_the_same_bytes()
        => Gen.Select(ReadingsOfAnyType, Gen.Int[1, 6], Gen.Int).Sample((made, parts, seed) =>
        {
            var (_, readings) = made;
            var expected = Of(readings).Bytes();
            var random = new Random(seed);
            var shuffled = readings.ToArray();
            random.Shuffle(shuffled);
            var pieces = Enumerable.Range(0, parts).Select(part => Of(shuffled.Where((_, i) => i % parts == part))).ToList();
            var scratch = new CityAggregate();
            while (pieces.Count > 1)
            {
                var taken = pieces[random.Next(pieces.Count)];
                pieces.Remove(taken);
                var into = pieces[random.Next(pieces.Count)];
                switch (random.Next(3))
                {
                    case 0: into.Merge(taken); break;
                    case 1: scratch.ReadFrom(taken.Bytes()); into.Merge(scratch); break;
                    default: into.Merge(CityAggregate.Read(taken.Bytes())); break;
                }
            }

            return pieces[0].Bytes().AsSpan().SequenceEqual(expected) && CityAggregate.Read(expected).Bytes().AsSpan().SequenceEqual(expected);
        }, iter: 20_000);

    [Test]
    public void Figures_are_those_of_naive_exact_arithmetic()
        => ReadingsOfAnyType.Sample(made =>
        {
            var (type, readings) = made;
            var aggregate = Of(readings);
            Assert.That(aggregate.ReadingCount, Is.EqualTo(readings.Length));
            var metrics = SensorTypes.Of(type).Metrics;
            for (var m = 0; m < metrics.Count; m++)
            {
                var summary = aggregate.Summarize(m);
                var values = readings.Where(placed => placed.Reading.Metrics.Has(m)).Select(placed => placed.Reading.Metrics[m]!.Value).ToArray();
                Assert.That(summary.Count, Is.EqualTo(values.Length));
                if (values.Length == 0)
                {
                    Assert.That(summary, Is.EqualTo(default(MetricSummary)));
                    continue;
                }

                var inOrder = readings.Where(placed => placed.Reading.Metrics.Has(m))
                    .OrderBy(placed => (placed.Reading.TimestampMs, placed.Partition, placed.Offset)).Select(placed => placed.Reading.Metrics[m]!.Value % (m == WindDirection && type == SensorType.Weather ? 360 : double.MaxValue)).ToArray();
                Assert.That((summary.First, summary.Last), Is.EqualTo(((double?)inOrder[0], (double?)inOrder[^1])));
                if (metrics[m].Kind == MetricKind.Circular)
                {
                    AssertCircular(summary, values);
                }
                else
                {
                    AssertLinear(summary, values);
                }
            }
        }, iter: 5000);

    private static void AssertLinear(MetricSummary summary, double[] values)
    {
        var billionths = values.Select(FixedPointTests.ExactBillionths).ToArray();
        var sum = billionths.Aggregate(BigInteger.Zero, (total, x) => total + x);
        var squares = billionths.Aggregate(BigInteger.Zero, (total, x) => total + (x * x));
        Assert.That(summary.Sum, Is.EqualTo((decimal)sum / 1_000_000_000m));
        Assert.That((summary.Min, summary.Max, summary.Consistency), Is.EqualTo(((double?)values.Min(), (double?)values.Max(), (double?)null)));
        var mean = (decimal)sum / 1_000_000_000m / values.Length; // 28 digits; by way of text, since the conversion to double is not exact
        Assert.That(summary.Mean, Is.EqualTo(double.Parse(mean.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)).Within(1).Ulps);
        if (values.Length == 1)
        {
            Assert.That(summary.StdDev, Is.Null);
            return;
        }

        var n = values.Length;
        var variance = (double)((n * squares) - (sum * sum)) / ((double)n * (n - 1)) / 1e18;
        Assert.That(summary.StdDev, Is.EqualTo(Math.Sqrt(variance)).Within(1e-13).Percent);
    }

    private static void AssertCircular(MetricSummary summary, double[] values)
    {
        Assert.That((summary.Sum, summary.Min, summary.Max, summary.StdDev), Is.EqualTo(((decimal?)null, (double?)null, (double?)null, (double?)null)));
        var sin = values.Sum(x => Math.Sin(x * Math.PI / 180)) / values.Length;
        var cos = values.Sum(x => Math.Cos(x * Math.PI / 180)) / values.Length;
        var length = Math.Sqrt((sin * sin) + (cos * cos));
        Assert.That(summary.Consistency, Is.EqualTo(length).Within(2e-9));
        if (length > 1e-3)
        {
            var apart = Math.Abs(summary.Mean!.Value - (Math.Atan2(sin, cos) * 180 / Math.PI));
            Assert.That(Math.Min(apart % 360, 360 - (apart % 360)), Is.LessThan(1e-4));
            Assert.That(summary.Mean, Is.InRange(0, 359.9999999999999));
        }
    }

    [Test]
    public void A_large_offset_does_not_spoil_the_deviation()
    {
        // Doubles would lose it: 1e6 ± 0.001 squared differs in the 15th digit only.
        var aggregate = Of([One(SensorType.Energy, 1, 999_999.999), One(SensorType.Energy, 1, 999_999.997, offset: 1), One(SensorType.Energy, 1, 999_999.998, offset: 2)]);
        Assert.That(aggregate.Summarize(1).StdDev, Is.EqualTo(0.001));
        Assert.That(aggregate.Summarize(1).Mean, Is.EqualTo(999_999.998));
        Assert.That(aggregate.Summarize(1).Sum, Is.EqualTo(2_999_999.994m));
    }

    [Test]
    public void Equal_values_have_no_deviation_at_all()
    {
        var summary = Of(Enumerable.Range(0, 1000).Select(i => One(SensorType.AirQuality, 0, 18.1, offset: i))).Summarize(0);
        Assert.That((summary.Mean, summary.StdDev, summary.Sum), Is.EqualTo(((double?)18.1, (double?)0.0, (decimal?)18_100m)));
    }

    [TestCase(new[] { 350.0, 10.0 }, 0, 0.984807753)]
    [TestCase(new[] { 90.0 }, 90, 1)]
    [TestCase(new[] { 360.0, 0.0 }, 0, 1)]
    [TestCase(new[] { 0.0, 180.0 }, null, 0)]
    [TestCase(new[] { 33.3, 213.3 }, null, 0)]
    [TestCase(new[] { 0.0, 120.0, 240.0 }, null, 0)]
    [TestCase(new[] { 270.0, 180.0 }, 225, 0.707106781)]
    public void Directions_are_averaged_on_the_circle(double[] degrees, double? mean, double consistency)
    {
        var summary = Of(degrees.Select((value, i) => One(SensorType.Weather, WindDirection, value, offset: i))).Summarize(WindDirection);
        Assert.That(summary.Mean, mean is null ? Is.Null : Is.EqualTo(mean).Within(1e-6));
        Assert.That(summary.Consistency, Is.EqualTo(consistency).Within(1e-9));
    }

    [Test]
    public void Sines_and_cosines_are_right_to_a_billionth()
        => Gen.OneOf(Gen.Double[0, 359.99999999999994], Gen.Int[0, 359].Select(i => (double)i)).Sample(degrees =>
        {
            var (sin, cos) = Direction.SinCos(degrees);
            return Math.Abs(sin - (Math.Sin(degrees * Math.PI / 180) * 1e9)) < 0.500001 && Math.Abs(cos - (Math.Cos(degrees * Math.PI / 180) * 1e9)) < 0.500001;
        });

    [Test]
    public void North_is_0_degrees_and_360()
        => Assert.That(Of([One(SensorType.Weather, WindDirection, 360)]).Bytes(), Is.EqualTo(Of([One(SensorType.Weather, WindDirection, 0)]).Bytes()));

    [Test]
    public void First_and_last_are_those_of_event_time_then_partition_then_offset()
    {
        var readings = new[]
        {
            One(SensorType.Traffic, 1, 50, timestampMs: 20, partition: 0, offset: 9), One(SensorType.Traffic, 1, 40, timestampMs: 10, partition: 1, offset: 0),
            One(SensorType.Traffic, 1, 30, timestampMs: 10, partition: 0, offset: 7), One(SensorType.Traffic, 1, 20, timestampMs: 10, partition: 0, offset: 5),
            One(SensorType.Traffic, 1, 60, timestampMs: 20, partition: 1, offset: 2), One(SensorType.Traffic, 0, 99, timestampMs: 30, partition: 0, offset: 20),
        };
        var speed = Of(readings).Summarize(1);
        Assert.That((speed.First, speed.Last), Is.EqualTo(((double?)20, (double?)60)));
    }

    [Test]
    public void A_reading_counted_twice_gives_the_same_bytes_in_any_order_of_merging()
    {
        var (one, other) = (One(SensorType.Traffic, 1, 50), One(SensorType.Traffic, 1, 51));
        Assert.That(Of([one, other]).Bytes(), Is.EqualTo(Of([other, one]).Bytes()));
    }

    [Test]
    public void Types_do_not_mix()
    {
        var traffic = Of([One(SensorType.Traffic, 0, 1)]);
        Assert.That(() => traffic.Add(One(SensorType.Weather, 0, 1).Reading, 0, 0), Throws.ArgumentException);
        Assert.That(() => traffic.Merge(Of([One(SensorType.Weather, 0, 1)])), Throws.ArgumentException);
        Assert.That(traffic.ReadingCount, Is.EqualTo(1));
    }

    [Test]
    public void A_cleared_aggregate_is_an_empty_one_of_any_type()
    {
        var aggregate = Of([One(SensorType.Traffic, 0, 1)]);
        aggregate.Clear();
        Assert.That(aggregate.Bytes(), Is.EqualTo(new CityAggregate().Bytes()));
        Assert.That(() => aggregate.Type, Throws.InvalidOperationException);
        aggregate.Merge(Of([One(SensorType.Weather, 0, 1)]));
        Assert.That(aggregate.Type, Is.EqualTo(SensorType.Weather));
    }

    [Test]
    public void The_catalogue_stays_within_what_fixed_point_holds()
        => Assert.That(SensorTypes.All.SelectMany(type => type.Metrics).Max(metric => Math.Max(Math.Abs(metric.Min), Math.Abs(metric.Max))), Is.LessThanOrEqualTo(FixedPoint.MaxMagnitude));

    [Test]
    public void A_sum_of_squares_that_has_no_room_throws_and_is_never_wrong()
    {
        var aggregate = Of([One(SensorType.Energy, 0, 1e6)]);
        Assert.That(
            () =>
            {
                for (var i = 0; i < 40; i++)
                {
                    aggregate.Merge(aggregate);
                }
            },
            Throws.TypeOf<OverflowException>());
    }

    [Test]
    public void Adding_merging_and_writing_allocate_nothing()
    {
        var readings = Enumerable.Range(0, 100).Select(i => One(SensorType.Weather, i % 6, 300 + (i % 6 is 1 or 4 ? -250 : 0), offset: i)).ToArray();
        var (aggregate, total, again, output) = (new CityAggregate(), new CityAggregate(), new CityAggregate(), new ArrayBufferWriter<byte>(100_000));
        long Run()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            output.ResetWrittenCount();
            aggregate.Clear();
            foreach (var placed in readings)
            {
                aggregate.Add(placed.Reading, placed.Partition, placed.Offset);
            }

            total.Merge(aggregate);
            aggregate.Write(output);
            again.ReadFrom(output.WrittenSpan);
            total.Merge(again);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Run();
        Assert.That(Run(), Is.Zero);
    }
}
