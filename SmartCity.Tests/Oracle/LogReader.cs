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
        var partitions = new List<List<LogRecord>>();
        int count = Visit(bootstrapServers, topic, record =>
        {
            Fill(partitions, record.Place.Partition + 1);
            partitions[record.Place.Partition].Add(record);
        });
        Fill(partitions, count);
        return partitions;
    }

    /// <summary>Shows every record of a topic, each partition's in order of offset, and returns the number of partitions.</summary>
    public static int Visit(string bootstrapServers, string topic, Action<LogRecord> visit)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).Build();
        int count = admin.GetMetadata(topic, TimeSpan.FromSeconds(30)).Topics[0].Partitions.Count;
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

            visit(new LogRecord(
                new LogPlace(result.Partition.Value, result.Offset.Value), result.Message.Timestamp.UnixTimestampMs, result.Message.Value ?? [], Headers(result.Message.Headers)));
        }

        return count;
    }

    private static void Fill(List<List<LogRecord>> partitions, int count)
    {
        while (partitions.Count < count)
        {
            partitions.Add([]);
        }
    }

    private static Dictionary<string, string> Headers(Headers? headers)
        => headers?.ToDictionary(header => header.Key, header => Encoding.UTF8.GetString(header.GetValueBytes())) ?? [];
}
