using System.Text;

using Confluent.Kafka;

namespace SmartCity.Tests.Oracle;

/// <summary>Where a record stands in its topic.</summary>
internal readonly record struct LogPlace(int Partition, long Offset);

/// <summary>A record as the log has it.</summary>
internal sealed record LogRecord(LogPlace Place, long TimestampMs, byte[] Value, IReadOnlyDictionary<string, string> Headers);

/// <summary>Reads whole topics, committed records only.</summary>
internal static class LogReader
{
    /// <summary>Every record of a topic, partition by partition in order of offset.</summary>
    public static IReadOnlyList<IReadOnlyList<LogRecord>> Read(string bootstrapServers, string topic)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).Build();
        int count = admin.GetMetadata(topic, TimeSpan.FromSeconds(30)).Topics[0].Partitions.Count;
        List<LogRecord>[] partitions = [.. Enumerable.Range(0, count).Select(_ => new List<LogRecord>())];
        var config = new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = $"log-reader-{Guid.NewGuid():N}",
            EnableAutoCommit = false,
            EnablePartitionEof = true,
            IsolationLevel = IsolationLevel.ReadCommitted,
            FetchQueueBackoffMs = 1,
        };
        using IConsumer<Ignore, byte[]> consumer = new ConsumerBuilder<Ignore, byte[]>(config).Build();
        consumer.Assign(Enumerable.Range(0, count).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        for (int ended = 0; ended < count;)
        {
            ConsumeResult<Ignore, byte[]> result = consumer.Consume(TimeSpan.FromMinutes(1)) ?? throw new TimeoutException($"Topic {topic} has no end.");
            if (result.IsPartitionEOF)
            {
                ended++;
                continue;
            }

            partitions[result.Partition.Value].Add(new LogRecord(
                new LogPlace(result.Partition.Value, result.Offset.Value), result.Message.Timestamp.UnixTimestampMs, result.Message.Value ?? [], Headers(result.Message.Headers)));
        }

        return partitions;
    }

    private static Dictionary<string, string> Headers(Headers? headers)
        => headers?.ToDictionary(header => header.Key, header => Encoding.UTF8.GetString(header.GetValueBytes())) ?? [];
}
