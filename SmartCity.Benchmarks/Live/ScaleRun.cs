using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

using Confluent.Kafka;

using HdrHistogram;

using Microsoft.Extensions.Logging;

using SmartCity.Benchmarks.Drain;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Benchmarks.Live;

/// <summary>
/// Several workers (engine, city's topology, exactly once) as processes of their own on one topic. <c>scale</c>: what draining it takes of all of them together.
/// <c>rebalance</c>: how long partitions stand still when a worker comes or goes, at a steady rate; read from the commits of each input partition, as the repartition topic has them.
/// </summary>
internal sealed class ScaleRun(Options options)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly string _application = $"scale-{Guid.NewGuid():N}"[..20];
    private readonly string _state = Directory.CreateTempSubdirectory("smartcity-scale-").FullName;
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <summary>The worker itself: it runs until it is asked to stop.</summary>
    public static async Task WorkAsync(Options options)
    {
        var config = new StreamsConfig
        {
            ApplicationId = options.Text("application", ""),
            Client = new Dictionary<string, string> { ["bootstrap.servers"] = options.BootstrapServers },
            StateDirectory = options.Text("state", ""),
            RepartitionPartitions = 12,
        };
        using var loggers = LoggerFactory.Create(b => b.SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        using var stop = new SemaphoreSlim(0);
        using var signal = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Release();
        });
        var windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)).AdvanceBy(TimeSpan.FromMinutes(1));
        await using var streams = new KafkaStreams(CityTopology.Build(windows, new ReadingRules(), options.Topics), config, loggers);
        await streams.StartAsync(CancellationToken.None);
        await Task.WhenAny(streams.Completion, stop.WaitAsync());
        await streams.StopAsync(TimeSpan.FromSeconds(30));
    }

    public async Task DrainAsync()
    {
        await options.RenewOutputsAsync();
        var (partitions, total) = await options.SensorsAsync();
        var workers = Enumerable.Range(0, options.Whole("workers", 2)).Select(_ => StartWorker()).ToList();
        try
        {
            using var reader = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = options.BootstrapServers, GroupId = _application }).Build();
            while (Committed(reader, partitions) < total)
            {
                await Task.Delay(500);
            }

            await Task.Delay(8000); // the last blocks are merged and their rows sent
            workers.ForEach(worker => worker.Refresh());
            var cpu = workers.Sum(worker => worker.TotalProcessorTime.TotalSeconds);
            Console.WriteLine(JsonSerializer.Serialize(
                new
                {
                    What = "scale",
                    Workers = workers.Count,
                    Partitions = partitions.Count,
                    Readings = total,
                    CpuS = Math.Round(cpu, 2),
                    ReadingsPerCpuS = Math.Round(total / cpu),
                    EachCpuS = workers.Select(worker => Math.Round(worker.TotalProcessorTime.TotalSeconds, 2)),
                    PeakRssMb = workers.Select(worker => Math.Round(OwnProcess.PeakRss(worker) / 1e6)),
                },
                Json));
        }
        finally
        {
            await EndAsync(workers);
        }
    }

    /// <summary>Workers come and go, two and then four and back, at a steady rate.</summary>
    public async Task RebalanceAsync()
    {
        await new Filling(options).CreateAsync(options.Topics.Sensors);
        await options.RenewOutputsAsync();
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(() => Publish(stop.Token));
        List<Process> workers = [StartWorker()];
        try
        {
            using var pauses = new CancellationTokenSource();
            await Task.Delay(TimeSpan.FromSeconds(15));
            var commits = new Dictionary<int, TimeSpan>();
            var longest = new Dictionary<int, TimeSpan>();
            var watching = Task.Run(() => Watch(commits, longest, pauses.Token));
            await Task.Delay(TimeSpan.FromSeconds(5));
            LongHistogram steady = New(), moving = New();
            Take(longest, steady);
            for (var round = 0; round < options.Whole("rounds", 3); round++)
            {
                foreach (var step in (int[])[1, 1, 1, -1, -1, -1])
                {
                    if (step > 0)
                    {
                        workers.Add(StartWorker());
                    }
                    else
                    {
                        await OwnProcess.EndAsync(workers[^1]);
                        workers.RemoveAt(workers.Count - 1);
                    }

                    await Task.Delay(TimeSpan.FromSeconds(8));
                    Take(longest, moving);
                }
            }

            await pauses.CancelAsync();
            await watching;
            await stop.CancelAsync();
            await publishing;
            Console.WriteLine(JsonSerializer.Serialize(
                new { What = "rebalance", Steps = 6 * options.Whole("rounds", 3), Samples = moving.TotalCount, SteadyMaxMs = steady.GetMaxValue(), P50Ms = moving.GetValueAtPercentile(50), P90Ms = moving.GetValueAtPercentile(90), P99Ms = moving.GetValueAtPercentile(99), MaxMs = moving.GetMaxValue() }, Json));
        }
        finally
        {
            await EndAsync(workers);
        }
    }

    private static LongHistogram New() => new(TimeSpan.FromMinutes(10).Ticks / TimeSpan.TicksPerMillisecond, 3);

    private static void Take(Dictionary<int, TimeSpan> longest, LongHistogram into)
    {
        lock (longest)
        {
            foreach (var pause in longest.Values)
            {
                into.RecordValue((long)pause.TotalMilliseconds);
            }

            longest.Clear();
        }
    }

    /// <summary>Notes for each input partition the longest time between two of its commits.</summary>
    private void Watch(Dictionary<int, TimeSpan> commits, Dictionary<int, TimeSpan> longest, CancellationToken stop)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig
        {
            BootstrapServers = options.BootstrapServers,
            GroupId = "watch-" + _application,
            IsolationLevel = IsolationLevel.ReadCommitted,
            AutoOffsetReset = AutoOffsetReset.Latest,
            FetchWaitMaxMs = 10,
            EnableAutoCommit = false,
        }).Build();
        consumer.Assign(new TopicPartitionOffset(_application + "-partials", 0, Offset.End));
        while (!stop.IsCancellationRequested)
        {
            if (consumer.Consume(50) is not { } record)
            {
                continue;
            }

            var reader = new ByteReader(record.Message.Value);
            var (input, now) = (BlockFormat.ReadHeader(ref reader).InputPartition, _watch.Elapsed);
            lock (longest)
            {
                if (commits.TryGetValue(input, out var before) && now - before > longest.GetValueOrDefault(input))
                {
                    longest[input] = now - before;
                }

                commits[input] = now;
            }
        }
    }

    private void Publish(CancellationToken stop)
    {
        var (city, rate, sensors) = (new Filling(options), options.Whole("rate", 2000), options.Whole("sensors", 20_000));
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = options.BootstrapServers, Partitioner = Partitioner.Murmur2Random, LingerMs = 1, EnableDeliveryReports = false }).Build();
        var begin = _watch.Elapsed;
        for (var sent = 0L; !stop.IsCancellationRequested; stop.WaitHandle.WaitOne(1))
        {
            for (var due = (long)((_watch.Elapsed - begin).TotalSeconds * rate); sent < due; sent++)
            {
                var sensor = (int)(sent * 7919 % sensors);
                producer.Produce(options.Topics.Sensors, new Message<string, string> { Key = city.IdOf(sensor), Value = city.Reading(sensor, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()) });
            }
        }
    }

    private static long Committed(IConsumer<byte[], byte[]> reader, IReadOnlyList<TopicPartition> partitions)
    {
        try
        {
            return reader.Committed(partitions, TimeSpan.FromSeconds(10)).Sum(offset => Math.Max(0, offset.Offset.Value));
        }
        catch (KafkaException)
        {
            return 0; // The group is in the middle of something; later.
        }
    }

    private Process StartWorker()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["scale-worker", "--bootstrap-servers", options.BootstrapServers, "--prefix", options.Topics.Prefix, "--application", _application, "--state", _state])
        {
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        process.BeginOutputReadLine();
        return process;
    }

    private async Task EndAsync(List<Process> workers)
    {
        await Task.WhenAll(workers.Select(OwnProcess.EndAsync));
        workers.ForEach(worker => worker.Dispose());
        Directory.Delete(_state, recursive: true);
    }
}
