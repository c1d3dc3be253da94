using System.Globalization;
using System.Text;

using BenchmarkDotNet.Attributes;

using Confluent.Kafka;

using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Sinks;
using SmartCity.Streams.Sinks.Lake;

namespace SmartCity.Benchmarks.Lake;

/// <summary>What 100,000 weather readings of one city and hour cost the raw lake sink: taking them into a batch, and making the Parquet object of it.</summary>
[MemoryDiagnoser]
public class RawBatchBenchmarks
{
    private const int Readings = 100_000;

    private readonly RawContent _content = new("sensors", new ReadingRules(), LakeFormat.Parquet);
    private readonly TopicPartition _partition = new("sensors", 0);
    private readonly List<byte[]> _payloads = [];
    private LakeRows _batch = null!;

    /// <summary>Makes the readings.</summary>
    [GlobalSetup]
    public void Make()
    {
        var random = new Random(1);
        var hour = new DateTimeOffset(2026, 1, 15, 14, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < Readings; i++)
        {
            var time = hour.AddMilliseconds(36 * i).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            _payloads.Add(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"sensor_id":"WX-WAW-{{random.Next(200):D4}}","sensor_type":"weather","city":"Warsaw","district":"Wola","timestamp":"{{time}}","location":{"lat":52.2297,"lon":21.0122},"metrics":{"temperature":{{random.Next(-200, 300) / 10.0}},"humidity":{{random.Next(1000) / 10.0}},"pressure":{{9900 + random.Next(300)}}e-1,"wind_speed":{{random.Next(200) / 10.0}},"wind_direction":{{random.Next(360)}},"precipitation":0} }""")));
        }

        _batch = Take();
        Console.WriteLine($"// {_payloads.Sum(p => (long)p.Length):N0} bytes of JSON become {WriteParquetAsync().GetAwaiter().GetResult():N0} bytes of Parquet");
    }

    /// <summary>Parses, compresses and keeps every reading.</summary>
    [Benchmark(OperationsPerInvoke = Readings)]
    public int TakeReadings() => Take().Count;

    /// <summary>Parses once more, sorts, encodes and compresses them.</summary>
    [Benchmark(OperationsPerInvoke = Readings)]
    public async Task<int> WriteParquetAsync() => (await _batch.Drafts(0).First().MakeAsync(CancellationToken.None)).Length;

    private LakeRows Take()
    {
        var batch = _content.NewRows(0);
        for (var i = 0; i < _payloads.Count; i++)
        {
            batch.Add(new SinkRecord { Partition = _partition, Offset = i, TimestampMs = 1_800_000_000_000, Value = _payloads[i], IsTombstone = false });
        }

        return batch;
    }
}
