using System.Globalization;
using System.Text;

using BenchmarkDotNet.Attributes;

using SmartCity.Domain.Readings;

namespace SmartCity.Benchmarks.Domain;

/// <summary>One reading from bytes to struct, its names seen before: 1,000 sensors in turn, so that the caches see what a worker's do.</summary>
[MemoryDiagnoser]
public class ReadingParserBenchmarks
{
    private const int Sensors = 1000;
    private readonly ReadingParser _parser = new(new ReadingRules());
    private readonly byte[][] _plain = new byte[Sensors][];
    private readonly byte[][] _wrapped = new byte[Sensors][];
    private int _next;

    /// <summary>Makes the readings, and lets the parser see each once.</summary>
    [GlobalSetup]
    public void Setup()
    {
        for (var i = 0; i < Sensors; i++)
        {
            _plain[i] = Json(i, "{0}");
            _wrapped[i] = Json(i, "{{\"value\":{0},\"unit\":\"x\",\"quality\":\"good\"}}");
            _parser.TryParse(_plain[i], long.MaxValue, out _, out _);
        }
    }

    /// <summary>About 240 bytes, metrics as numbers.</summary>
    [Benchmark(Baseline = true)]
    public bool MetricsAsNumbers() => Parse(_plain);

    /// <summary>About 450 bytes, metrics as objects.</summary>
    [Benchmark]
    public bool MetricsAsObjects() => Parse(_wrapped);

    /// <summary>A reading that is refused, its sentence for people included.</summary>
    [Benchmark]
    public bool Refused() => _parser.TryParse("{\"sensor_id\":\"AQ-WAW-0001\"}"u8, long.MaxValue, out _, out _);

    private bool Parse(byte[][] readings)
    {
        _next = (_next + 1) % Sensors;
        return _parser.TryParse(readings[_next], long.MaxValue, out _, out _) ? true : throw new InvalidOperationException("The reading is valid.");
    }

    private static byte[] Json(int sensor, string metric)
    {
        string[] metrics = ["pm25", "pm10", "no2", "co2", "temperature", "humidity"];
        double[] values = [18.4, 31.25, 22.1, 417, 3.2, 81.5];
        var text = string.Join(',', metrics.Select((name, i) => $"\"{name}\":{string.Format(CultureInfo.InvariantCulture, metric, values[i])}"));
        return Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{{\"sensor_id\":\"AQ-WAW-{sensor:D4}\",\"sensor_type\":\"air_quality\",\"city\":\"Warsaw\",\"district\":\"Wola\",\"timestamp\":\"2026-01-15T14:03:27.512Z\",")
            + string.Create(CultureInfo.InvariantCulture, $"\"location\":{{\"lat\":52.2297,\"lon\":21.0122}},\"metrics\":{{{text}}}}}"));
    }
}
