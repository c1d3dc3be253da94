using Confluent.Kafka;

namespace SmartCity.Tests.Servers;

/// <summary>
/// How far a group has read a topic. A consumer asks, which never joins: the admin client's own question has ended the whole process when its answer was an error.
/// </summary>
internal static class GroupProgress
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>For each partition what is committed (0 when nothing is) and the end; throws <see cref="KafkaException"/> when the broker cannot say.</summary>
    public static IReadOnlyList<(long Committed, long End)> Of(string bootstrapServers, string group, string topic)
    {
        // Not stable offsets: those of a killed worker's transaction would be waited for.
        var config = new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = group, IsolationLevel = IsolationLevel.ReadUncommitted, EnableAutoCommit = false };
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).Build();
        using IAdminClient admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        int partitions = admin.GetMetadata(topic, Patience).Topics[0].Partitions.Count;
        List<TopicPartitionOffset> committed = consumer.Committed(Enumerable.Range(0, partitions).Select(partition => new TopicPartition(topic, partition)), Patience);
        return [.. committed.Select(one => (Math.Max(0, one.Offset.Value), consumer.QueryWatermarkOffsets(one.TopicPartition, Patience).High.Value))];
    }
}
