using System.Text;

using SmartCity.Streams.Sinks.Lake;

namespace SmartCity.Tests.Lake;

/// <summary>Readings that wait for their batch to be written come back byte for byte, whatever their size, and take little memory meanwhile.</summary>
internal sealed class PackedReadingsTests
{
    [Test]
    public void Whatever_is_packed_comes_back_in_order_byte_for_byte()
    {
        var random = new Random(7);
        int[] sizes = [0, 1, 32 * 1024 - 20, 32 * 1024 - 19, 1_048_576, 3, .. Enumerable.Range(0, 500).Select(_ => random.Next(2_000))];
        var payloads = Array.ConvertAll(sizes, size =>
        {
            var bytes = new byte[size];
            random.NextBytes(bytes);
            return bytes;
        });
        var packed = new PackedReadings();
        for (var i = 0; i < payloads.Length; i++)
        {
            packed.Add(1_000_000_000_000L + (7 * i), -i, payloads[i]);
        }

        var next = 0;
        foreach (var block in packed.Unpack())
        {
            for (var rest = block; PackedReadings.Read(ref rest, out var offset, out var receivedAtMs, out var payload); next++)
            {
                Assert.That((offset, receivedAtMs), Is.EqualTo((1_000_000_000_000L + (7 * next), (long)-next)));
                Assert.That(payload.Span.SequenceEqual(payloads[next]), Is.True, $"payload {next}");
            }
        }

        Assert.That((next, packed.Count), Is.EqualTo((payloads.Length, payloads.Length)));
    }

    [Test]
    public void Readings_of_a_city_take_a_quarter_of_their_bytes_at_most()
    {
        var random = new Random(7);
        var packed = new PackedReadings();
        var bytes = 0L;
        for (var i = 0; i < 20_000; i++)
        {
            var reading = Encoding.UTF8.GetBytes(RawBatch.Weather($"WX-{random.Next(400):D4}", "Warsaw", $"2026-01-15T14:{i / 400:D2}:{i / 8 % 50:D2}.{random.Next(1000):D3}Z", random.Next(-200, 300) / 10.0));
            bytes += reading.Length;
            packed.Add(i, 1_800_000_000_000 + i, reading);
        }

        Assert.That(packed.Bytes, Is.LessThan(bytes / 4));
    }

    [Test]
    public void One_reading_of_unusual_size_is_not_paid_for_for_long()
    {
        var packed = new PackedReadings();
        packed.Add(0, 0, new byte[1_000_000]);
        Assert.That(packed.Bytes, Is.GreaterThan(1_000_000));
        packed.Add(1, 0, new byte[100]);
        Assert.That(packed.Bytes, Is.LessThan(10_000));
    }
}
