using CsCheck;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;

using static SmartCity.Tests.Domain.AggregateTestData;

namespace SmartCity.Tests.Domain;

public sealed class AggregateBytesTests
{
    [Test]
    public void The_form_of_version_1_never_changes()
    {
        // Stored in state stores and topics: a change of these bytes needs a new version and a reader for this one.
        var aggregate = Of([One(SensorType.Traffic, 1, 50, timestampMs: 1000, partition: 2, offset: 7), One(SensorType.Traffic, 1, 51.5, timestampMs: 900, partition: 0, offset: 300)]);
        Assert.That(Convert.ToHexString(aggregate.Bytes()), Is.EqualTo(
            "01" + "02" + "01" + "02" // version, readings, traffic, metric 1
            + "0E" + "880E" + "00" + "D804" + "C801" + "02" + "0E" // first, last and spread follow; 900 ms, 0, 300; +100 ms, 2, 7
            + "0000000000C04940" + "0000000000004940" + "0000000000004940" + "0000000000C04940" // 51.5, 50, 50, 51.5
            + "05" + "002EBE432F" + "0A" + "0000B24C6B1AAA9B2E02"));
    }

    [Test]
    public void An_empty_aggregate_is_two_bytes() => Assert.That(new CityAggregate().Bytes(), Is.EqualTo(new byte[] { 1, 0 }));

    [Test]
    public void One_reading_takes_few_bytes()
        => Assert.That(Of([One(SensorType.Traffic, 1, 50, timestampMs: 1_768_485_600_000, partition: 3, offset: 1_000_000)]).Bytes(), Has.Length.LessThan(40));

    [Test]
    public void Hostile_bytes_are_refused_or_are_a_form_that_is_written_the_same()
        => Gen.Select(ReadingsOfAnyType, Gen.Int[0, 4], Gen.Int[0, 1000], Gen.Byte, Gen.Int[0, 1000]).Sample((made, kind, at, value, cut) =>
        {
            var bytes = Of(made.Readings).Bytes();
            at %= bytes.Length;
            bytes = kind switch
            {
                0 => [.. bytes[..at], value, .. bytes[at..]],
                1 => [.. bytes[..at], .. bytes[(at + 1)..]],
                2 => bytes[..(cut % bytes.Length)],
                3 => [.. bytes[..at], (byte)(bytes[at] ^ (1 << (value % 8))), .. bytes[(at + 1)..]],
                _ => [.. bytes[..at], value, .. bytes[(at + 1)..]],
            };
            return IsRefusedOrCanonical(bytes);
        }, iter: 100_000);

    [Test]
    public void Random_bytes_are_refused_or_are_a_form_that_is_written_the_same()
        => Gen.Byte.Array[0, 60].Sample(bytes => IsRefusedOrCanonical([1, 1, .. bytes]) && IsRefusedOrCanonical(bytes), iter: 50_000);

    private static bool IsRefusedOrCanonical(byte[] bytes)
    {
        CityAggregate aggregate;
        try
        {
            aggregate = CityAggregate.Read(bytes);
        }
        catch (FormatException)
        {
            return true;
        }

        for (var i = 0; i < SensorTypes.MaxMetrics; i++)
        {
            var summary = aggregate.Summarize(i);
            Assert.That(summary.StdDev is null or >= 0, Is.True);
            Assert.That(summary.Mean is null || double.IsFinite(summary.Mean.Value), Is.True);
        }

        return aggregate.Bytes().AsSpan().SequenceEqual(bytes);
    }
}
