using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>
/// The topic <c>APPLICATIONID-lake-plan</c>. It stays empty: only the offsets that the lake's groups commit for its partitions count, each the end of the batch
/// that was last cut in the partition of the same number. So it needs as many partitions as the largest topic in the lake.
/// </summary>
internal sealed class LakePlan(string applicationId, IReadOnlyDictionary<string, string> client, short replicationFactor, ILogger logger)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public string Topic { get; } = applicationId + "-lake-plan";

    /// <summary>The partition of the plan that belongs to one of a topic.</summary>
    public TopicPartition Of(TopicPartition partition) => new(Topic, partition.Partition);

    /// <summary>Makes the topic where it is missing, and gives it as many partitions as <paramref name="topic"/> has.</summary>
    public Task EnsureAsync(string topic, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            using var admin = new AdminClientBuilder(new AdminClientConfig(client.ToDictionary())).SetLogHandler((_, _) => { }).Build();
            var needed = PartitionsOf(admin, topic);
            var present = PartitionsOf(admin, Topic);
            if (present >= needed)
            {
                return;
            }

            try
            {
                await (present == 0
                    ? admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = needed, ReplicationFactor = replicationFactor }])
                    : admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = Topic, IncreaseTo = needed }]));
                LakeLog.MadePlan(logger, Topic, needed);
            }
            catch (CreateTopicsException e) when (e.Results.TrueForAll(r => r.Error.Code is ErrorCode.TopicAlreadyExists or ErrorCode.NoError))
            {
                // Another worker was faster.
            }
            catch (KafkaException e) when (e.Error.Code is not (ErrorCode.Local_TimedOut or ErrorCode.Local_Transport or ErrorCode.RequestTimedOut))
            {
                var verb = present == 0 ? "--create" : "--alter";
                throw new InvalidOperationException(
                    $"Topic {Topic} has {present} partitions, but needs {needed} as {topic} has, and may not be changed from here ({e.Message}). "
                    + $"Do it by hand: kafka-topics.sh --bootstrap-server {client.GetValueOrDefault("bootstrap.servers")} {verb} --topic {Topic} --partitions {needed}", e);
            }
        },
        cancellationToken).WaitAsync(cancellationToken);

    private static int PartitionsOf(IAdminClient admin, string topic)
        => admin.GetMetadata(Timeout).Topics.Find(t => t.Topic == topic && !t.Error.IsError)?.Partitions.Count ?? 0;
}
