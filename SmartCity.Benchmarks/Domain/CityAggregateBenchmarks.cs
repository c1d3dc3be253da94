using System.Buffers;

using BenchmarkDotNet.Attributes;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;

namespace SmartCity.Benchmarks.Domain;

/// <summary>Aggregates of readings with every metric of their type.</summary>
[MemoryDiagnoser]
public class CityAggregateBenchmarks
{
    private const int Readings = 256;
    private readonly Reading[] _readings = new Reading[Readings];
    private readonly CityAggregate _aggregate = new();
    private readonly CityAggregate _other = new();
    private readonly CityAggregate _scratch = new();
    private readonly ArrayBufferWriter<byte> _output = new(4096);
    private byte[] _bytes = [];
    private byte[] _oneBytes = [];
    private int _next;

    /// <summary>Six linear metrics, or five and a direction.</summary>
    [Params(SensorType.AirQuality, SensorType.Weather)]
    public SensorType Type { get; set; }

    /// <summary>Makes the readings and aggregates of them.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        var metrics = SensorTypes.Of(Type).Metrics;
        for (var i = 0; i < Readings; i++)
        {
            var values = default(MetricValues);
            for (var m = 0; m < metrics.Count; m++)
            {
                values.Set(m, Math.Round(metrics[m].Min + (random.NextDouble() * (metrics[m].Max - metrics[m].Min)), 2));
            }

            _readings[i] = new Reading(Type, "s", "c", "", 1_768_485_600_000 + (i * 1000), double.NaN, double.NaN, values);
            _other.Add(in _readings[i], 0, i);
        }

        _other.Write(_output);
        _bytes = _output.WrittenSpan.ToArray();
        _output.ResetWrittenCount();
        _scratch.Add(in _readings[0], 0, 0);
        _scratch.Write(_output);
        _oneBytes = _output.WrittenSpan.ToArray();
        _output.ResetWrittenCount();
        Console.WriteLine($"// {Type}: {_bytes.Length} bytes for {Readings} readings, {_oneBytes.Length} for one");
    }

    /// <summary>One reading into an aggregate.</summary>
    [Benchmark]
    public void Add()
    {
        _next = (_next + 1) % Readings;
        _aggregate.Add(in _readings[_next], 0, _next);
    }

    /// <summary>One aggregate into another.</summary>
    [Benchmark]
    public void Merge()
    {
        _scratch.Clear();
        _scratch.Merge(_other);
    }

    /// <summary>Reads the binary form of 256 readings.</summary>
    [Benchmark]
    public void Read() => _scratch.ReadFrom(_bytes);

    /// <summary>Reads the binary form of one reading.</summary>
    [Benchmark]
    public void ReadOne() => _scratch.ReadFrom(_oneBytes);

    /// <summary>Writes the binary form of 256 readings.</summary>
    [Benchmark]
    public int Write()
    {
        _output.ResetWrittenCount();
        _other.Write(_output);
        return _output.WrittenCount;
    }

    /// <summary>All figures of a row.</summary>
    [Benchmark]
    public AggregateRow Row() => AggregateRow.From(new GroupKey(Type, "c", ""), 0, 300_000, _other, false, 0, 0, null, 0);
}
