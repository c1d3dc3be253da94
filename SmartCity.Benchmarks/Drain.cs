using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;
using SmartCity.Domain;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Runtime;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Benchmarks;

/// <summary>
/// How fast the city's topology drains a topic that was filled before, exactly once, against a consumer that does nothing with what it reads.
/// <c>drain --bootstrap-servers HOST:PORT --prefix P [--threads N] [--partitions R] [--guarantee at-least-once] [--consume]</c>; the readings are in P + smart-city-sensors.
/// </summary>
internal static class Drain
{
    public static async Task RunAsync(IReadOnlyDictionary<string, string> options)
    {
        var bootstrap = options.GetValueOrDefault("bootstrap-servers", "127.0.0.1:9092");
        var topics = TopicNames.WithPrefix(options.GetValueOrDefault("prefix", ""));
        var state = Directory.CreateTempSubdirectory("smartcity-drain-").FullName;
        try
        {
            var config = new StreamsConfig
            {
                ApplicationId = $"drain-{Guid.NewGuid():N}"[..20],
                Client = new Dictionary<string, string> { ["bootstrap.servers"] = bootstrap },
                StateDirectory = state,
                Threads = int.Parse(options.GetValueOrDefault("threads", "1"), CultureInfo.InvariantCulture),
                RepartitionPartitions = int.Parse(options.GetValueOrDefault("partitions", "4"), CultureInfo.InvariantCulture),
                Guarantee = options.GetValueOrDefault("guarantee") == "at-least-once" ? ProcessingGuarantee.AtLeastOnce : ProcessingGuarantee.ExactlyOnce,
            };
            var total = await ReadingsAsync(config, topics);
            if (options.ContainsKey("consume"))
            {
                Measure("consume", total, () => Consume(config, topics, total, null));
                return;
            }

            if (options.ContainsKey("parse"))
            {
                Measure("parse", total, () => Consume(config, topics, total, new ReadingParser(new ReadingRules())));
                return;
            }

            await CreateAsync(config, topics);
            Measure("drain", total, () => DrainAsync(config, topics, total).GetAwaiter().GetResult());
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static void Measure(string what, long readings, Action run)
    {
        var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var allocated = GC.GetTotalAllocatedBytes();
        var watch = Stopwatch.StartNew();
        run();
        watch.Stop();
        process.Refresh();
        cpu = process.TotalProcessorTime - cpu;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what}: {readings} readings, wall {watch.Elapsed.TotalSeconds:0.00} s, cpu {cpu.TotalSeconds:0.00} s, {readings / watch.Elapsed.TotalSeconds:0}/s, {readings / cpu.TotalSeconds:0}/cpu-s, {(GC.GetTotalAllocatedBytes() - allocated) / readings} B allocated a reading, peak {process.PeakWorkingSet64 >> 20} MiB"));
    }

    private static async Task DrainAsync(StreamsConfig config, TopicNames topics, long total)
    {
        using var loggers = LoggerFactory.Create(b => b.SetMinimumLevel(LogLevel.Warning).AddConsole());
        await using var streams = new KafkaStreams(
            CityTopology.Build(TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)).AdvanceBy(TimeSpan.FromMinutes(1)), new ReadingRules(), topics),
            config, loggers);
        await streams.StartAsync(CancellationToken.None);
        StreamsStatus status;
        do
        {
            await Task.WhenAny(streams.Completion, Task.Delay(50));
            status = streams.Status();
        }
        while (!streams.Completion.IsCompleted && status.Inputs.Sum(i => i.NextOffset) < total);

        await streams.StopAsync(TimeSpan.FromSeconds(30));
        Console.WriteLine($"rows {status.Windows.Sum(w => w.RowsEmitted)}, late {status.Inputs.Sum(i => i.Late)}, dead letters {status.Inputs.Sum(i => i.DeadLettered)}, state {streams.State} {streams.Fault?.Message}");
    }

    private static void Consume(StreamsConfig config, TopicNames topics, long total, ReadingParser? parser)
    {
        using var loggers = LoggerFactory.Create(b => b.AddConsole());
        RecordBuffer key = new(), value = new();
        using var consumer = new Clients(config, loggers.CreateLogger("consume")).Consumer(config.ApplicationId, "consume", oneTopic: true, key, value).Build();
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = config.Client["bootstrap.servers"] }).Build();
        var partitions = admin.GetMetadata(topics.Sensors, TimeSpan.FromSeconds(10)).Topics[0].Partitions.Count;
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topics.Sensors, p, Offset.Beginning)));
        for (var read = 0L; read < total;)
        {
            if (consumer.Consume(1000) is { IsPartitionEOF: false } record)
            {
                read++;
                parser?.TryParse(value.Bytes(record.Message.Value), record.Message.Timestamp.UnixTimestampMs, out _, out _);
            }
        }
    }

    private static async Task<long> ReadingsAsync(StreamsConfig config, TopicNames topics)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = config.Client["bootstrap.servers"] }).Build();
        var partitions = admin.GetMetadata(topics.Sensors, TimeSpan.FromSeconds(10)).Topics[0].Partitions.Select(p => new TopicPartition(topics.Sensors, p.PartitionId));
        var ends = await admin.ListOffsetsAsync(partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = OffsetSpec.Latest() }));
        return ends.ResultInfos.Sum(r => r.TopicPartitionOffsetError.Offset.Value);
    }

    private static async Task CreateAsync(StreamsConfig config, TopicNames topics)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = config.Client["bootstrap.servers"] }).Build();
        foreach (var topic in new[] { topics.Aggregates, topics.DeadLetters, topics.Late, topics.SensorStatus })
        {
            try
            {
                await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = 4, ReplicationFactor = -1 }]);
            }
            catch (CreateTopicsException e) when (e.Results[0].Error.Code == ErrorCode.TopicAlreadyExists)
            {
                // It is there from an earlier run.
            }
        }
    }
}
