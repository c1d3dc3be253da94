using Confluent.Kafka;

using Microsoft.Extensions.Logging;

using SmartCity.Domain.Readings;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Runtime;

namespace SmartCity.Benchmarks.Drain;

/// <summary>
/// What everything else is measured against: a consumer with the engine's own settings that only copies each value into a buffer. With <c>--as-bytes</c> it is the one of
/// Confluent's examples, which makes arrays; with a parser it also reads and judges every reading.
/// </summary>
internal static class BareConsumer
{
    public static async Task RunAsync(Options options, string what)
    {
        var (partitions, total) = await options.SensorsAsync();
        var parser = what == "parse" ? new ReadingParser(new ReadingRules()) : null;
        (await Measurement.OfThisProcessAsync(what, total, _ =>
        {
            if (what == "bytes")
            {
                ReadArrays(options, partitions, total);
            }
            else
            {
                Read(options, partitions, total, parser);
            }

            return Task.FromResult(0L);
        })).Write();
    }

    private static void Read(Options options, IReadOnlyList<TopicPartition> partitions, long total, ReadingParser? parser)
    {
        using var loggers = LoggerFactory.Create(b => b.AddConsole());
        RecordBuffer key = new(), value = new();
        var config = new StreamsConfig { ApplicationId = $"bench-{Guid.NewGuid():N}", Client = new Dictionary<string, string> { ["bootstrap.servers"] = options.BootstrapServers } };
        using var consumer = new Clients(config, loggers.CreateLogger("consume")).Consumer(config.ApplicationId, "consume", oneTopic: true, headers: false, key, value).Build();
        consumer.Assign(partitions.Select(p => new TopicPartitionOffset(p, Offset.Beginning)));
        for (var read = 0L; read < total;)
        {
            if (consumer.Consume(1000) is { IsPartitionEOF: false } record)
            {
                read++;
                parser?.TryParse(value.Bytes(record.Message.Value), record.Message.Timestamp.UnixTimestampMs, out _, out _);
            }
        }
    }

    private static void ReadArrays(Options options, IReadOnlyList<TopicPartition> partitions, long total)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = options.BootstrapServers, GroupId = $"bench-{Guid.NewGuid():N}", FetchQueueBackoffMs = 1 }).Build();
        consumer.Assign(partitions.Select(p => new TopicPartitionOffset(p, Offset.Beginning)));
        for (var read = 0L; read < total;)
        {
            read += consumer.Consume(1000) is null ? 0 : 1;
        }
    }
}
