using System.Globalization;
using System.Text;

using BenchmarkDotNet.Attributes;

using Confluent.Kafka;

using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine.State;
using SmartCity.Streams.Engine.Tasks;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Benchmarks.Engine;

/// <summary>The engine's own parts with the city's topology: a reading combined, a block written, a block merged into its windows, and their changes in RocksDB.</summary>
[MemoryDiagnoser]
public class EngineBenchmarks
{
    private const int Sensors = 1_000;
    private const int Writes = 1_000;
    private const long StartMs = 1_768_485_600_000;

    private readonly Collector _output = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-micro-").FullName;
    private readonly byte[][] _readings = new byte[Sensors][];
    private readonly List<StoreWrite> _writes = [];
    private Streams.Engine.Topology _topology = null!;
    private CombineTask _combine = null!;
    private WindowTask _windows = null!;
    private byte[] _block = [];
    private RocksDbStore _store = null!;
    private long _offset;
    private long _blocks;

    /// <summary>Makes 1,000 readings of 200 districts in 20 cities, and a block of what they come to.</summary>
    [GlobalSetup]
    public void Setup()
    {
        for (var i = 0; i < Sensors; i++)
        {
            _readings[i] = Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $$$"""{"sensor_id":"AQ-{{{i}}}","sensor_type":"air_quality","city":"City {{{i % 20}}}","district":"District {{{i / 20 % 10}}}","timestamp":"2026-01-15T14:00:30Z","metrics":{"pm25":18.4,"pm10":31.25,"no2":22.1,"co2":417,"temperature":3.2,"humidity":81.5}}"""));
        }

        var windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)).AdvanceBy(TimeSpan.FromMinutes(1));
        _topology = CityTopology.Build(windows, new ReadingRules());
        _combine = _topology.CreateCombineTask(new CombineTaskContext(new InputPartition("smart-city-sensors", 0, 0), "partials", 1, 42, 0, _output, TimeProvider.System));
        _windows = _topology.CreateWindowTask(new WindowTaskContext(0, "changelog", 1, 42, 0, AtLeastOnce: true, TimeSpan.FromHours(1), new InMemoryStore(), _output, TimeProvider.System));
        _windows.StartProcessing();
        _store = RocksDbStore.Open(Path.Combine(_folder, "store"), "micro", TimeProvider.System, TimeSpan.FromDays(1), _ => { });
        var random = new Random(1);
        for (var i = 0; i < Writes; i++)
        {
            var (key, value) = (new byte[32], new byte[350]);
            random.NextBytes(key);
            random.NextBytes(value);
            _writes.Add(new StoreWrite(key, value));
        }

        Combine();
        _block = Block();
        Console.WriteLine($"// a block of {Sensors} readings of 220 groups has {_block.Length} bytes");
    }

    /// <summary>Closes the store.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>One reading: read, judged, noted as its sensor's latest, added to its district.</summary>
    [Benchmark(OperationsPerInvoke = Sensors)]
    public void Combine()
    {
        foreach (var reading in _readings)
        {
            _combine.Process(new RawRecord("smart-city-sensors", 0, _offset++, StartMs + 60_000, default, reading, hasKey: false));
        }
    }

    /// <summary>1,000 readings and the block of their 220 groups: what is above <see cref="Combine"/> is merging into cities and encoding.</summary>
    [Benchmark(OperationsPerInvoke = Sensors)]
    public int CombineAndEncode()
    {
        Combine();
        return Block().Length;
    }

    /// <summary>Decodes a block of 220 entries, merges each into five windows, and collects the 1,100 windows' changes; by entry.</summary>
    [Benchmark(OperationsPerInvoke = 220)]
    public void MergeBlock()
    {
        _windows.Process(new RawRecord("partials", 0, _blocks++, 0, default, Renumbered(), hasKey: false));
        _windows.PrepareCommit();
        _windows.MarkCommitted(null);
        _output.Clear();
    }

    /// <summary>Writes 1,000 windows of 350 bytes as one batch to RocksDB; by window.</summary>
    [Benchmark(OperationsPerInvoke = Writes)]
    public void StoreWrite() => _store.Apply(_writes, 1);

    private byte[] Block()
    {
        _output.Clear();
        _combine.PrepareCommit();
        _combine.MarkCommitted();
        return _output.Partials!;
    }

    /// <summary>The block once more, as the one that follows the last.</summary>
    private byte[] Renumbered()
    {
        var reader = new Streams.Engine.Serialization.ByteReader(_block);
        var header = BlockFormat.ReadHeader(ref reader);
        var output = new System.Buffers.ArrayBufferWriter<byte>(_block.Length + 16);
        BlockFormat.WriteHeader(output, header with { FromOffset = _blocks, ToOffset = _blocks + 1 });
        System.Buffers.BuffersExtensions.Write(output, reader.Rest());
        return output.WrittenSpan.ToArray();
    }

    private sealed class Collector : IRecordCollector
    {
        public byte[]? Partials { get; private set; }

        public void Send(string topic, int? partition, byte[]? key, byte[]? value, Headers? headers = null) => Partials = topic == "partials" ? value : Partials;

        public void Clear() => Partials = null;
    }
}
