using System.Buffers;

using CsCheck;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Domain;

/// <summary>A reading with the place where it stands in the log.</summary>
internal sealed record PlacedReading(Reading Reading, int Partition, long Offset);

/// <summary>Aggregates of made-up readings.</summary>
internal static class AggregateTestData
{
    private static readonly Gen<double> Fraction = Gen.OneOf(Gen.Double[0, 1], Gen.Int[0, 1000].Select(i => i / 1000.0), Gen.Const(0.0), Gen.Const(1.0), Gen.Const(0.5));

    /// <summary>Readings of one type, in any order, each in a place of its own.</summary>
    public static Gen<PlacedReading[]> Readings(SensorType type, int max = 30)
    {
        var definition = SensorTypes.Of(type);
        var metric = Gen.Select(Gen.Int[0, 4], Fraction);
        var reading = Gen.Select(Gen.Long[0, 300_000], Gen.Int[0, 3], metric.Array[definition.Metrics.Count]);
        return reading.Array[0, max].Select(all => all.Select((made, i) =>
        {
            var values = default(MetricValues);
            for (var m = 0; m < made.Item3.Length; m++)
            {
                if (made.Item3[m].Item1 != 0)
                {
                    var (min, max) = (definition.Metrics[m].Min, definition.Metrics[m].Max);
                    values.Set(m, Math.Clamp(min + ((max - min) * made.Item3[m].Item2), min, max));
                }
            }

            return new PlacedReading(new Reading(type, "s", "c", "", 1_768_485_600_000 + made.Item1, double.NaN, double.NaN, values), made.Item2, i * 7919 % 1000);
        }).ToArray());
    }

    public static Gen<(SensorType Type, PlacedReading[] Readings)> ReadingsOfAnyType { get; }
        = Gen.Enum<SensorType>().SelectMany(type => Readings(type).Select(readings => (type, readings)));

    public static CityAggregate Of(IEnumerable<PlacedReading> readings)
    {
        var aggregate = new CityAggregate();
        foreach (var placed in readings)
        {
            aggregate.Add(placed.Reading, placed.Partition, placed.Offset);
        }

        return aggregate;
    }

    /// <summary>One weather or other reading with one metric.</summary>
    public static PlacedReading One(SensorType type, int metric, double value, long timestampMs = 0, int partition = 0, long offset = 0)
    {
        var values = default(MetricValues);
        values.Set(metric, value);
        return new PlacedReading(new Reading(type, "s", "c", "", timestampMs, double.NaN, double.NaN, values), partition, offset);
    }

    public static byte[] Bytes(this CityAggregate aggregate)
    {
        var output = new ArrayBufferWriter<byte>();
        aggregate.Write(output);
        return output.WrittenSpan.ToArray();
    }
}
