using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Streams.Engine.Runtime;

namespace SmartCity.Streams.Engine;

/// <summary>
/// Makes an application compute everything again from what its source topics still hold. Its rows then carry the next epoch, so that they replace the
/// former ones downstream. Output topics and <c>APP-raises</c> are left as they are; local stores are discarded by themselves when a worker finds them.
/// </summary>
public static class StreamsReset
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Says what a reset does, and does it when <paramref name="apply"/>. Every worker must be stopped. It may be repeated after a failure.
    /// </summary>
    /// <exception cref="StreamsException">A worker is running, or the broker refused something.</exception>
    public static Task<IReadOnlyList<string>> RunAsync(Topology topology, StreamsConfig config, bool apply, CancellationToken cancellationToken) =>
        RunAsync(InternalTopics.Of(config.ApplicationId, topology.StoreName), config, apply, cancellationToken);

    private static async Task<IReadOnlyList<string>> RunAsync(InternalTopics names, StreamsConfig config, bool apply, CancellationToken cancellationToken)
    {
        ConfigCheck.Throw(config);
        var clients = new Clients(config, NullLogger.Instance);
        using var admin = clients.Admin();
        var groups = new[] { config.ApplicationId, WindowThread.GroupOf(config) };
        var topics = new[] { names.Partials, names.Changelog }.OfType<string>().ToList();
        try
        {
            var mark = new TopicPartition(names.Raises, 0);
            foreach (var group in groups)
            {
                // A plain question first: an admin client that asks a coordinator which is away, or loads its groups, can end the process.
                using var reader = clients.OffsetReader(group);
                reader.Committed([mark], s_timeout);
            }

            await ThrowIfInUseAsync(admin, groups).ConfigureAwait(false);
            var offsets = await OffsetsAsync(admin, groups).ConfigureAwait(false);
            var former = offsets.Find(o => o.Group == groups[0] && o.Partition.TopicPartition == mark);
            var next = new ApplicationMark(former == default ? 1 : ApplicationMark.FromOffset(former.Partition.Offset).Epoch + 1, 0);
            var steps = new List<string> { $"epoch {next.Epoch - 1} -> {next.Epoch}" };
            steps.AddRange(offsets.Where(o => o.Partition.TopicPartition != mark).Select(o => $"forget group {o.Group}'s offset of {o.Partition.TopicPartition}"));
            steps.AddRange(topics.Select(t => $"delete topic {t}"));
            if (!apply)
            {
                return steps;
            }

            // The epoch first: whatever fails after it, nothing can go on with the old state, and another reset finishes the work.
            cancellationToken.ThrowIfCancellationRequested();
            await admin.AlterConsumerGroupOffsetsAsync(
                [new ConsumerGroupTopicPartitionOffsets(groups[0], [new TopicPartitionOffset(mark, next.ToOffset())])],
                new AlterConsumerGroupOffsetsOptions { RequestTimeout = s_timeout }).ConfigureAwait(false);
            foreach (var group in offsets.Where(o => o.Partition.TopicPartition != mark).GroupBy(o => o.Group, o => o.Partition.TopicPartition))
            {
                await admin.DeleteConsumerGroupOffsetsAsync(group.Key, group, new DeleteConsumerGroupOffsetsOptions { RequestTimeout = s_timeout }).ConfigureAwait(false);
            }

            await DeleteAsync(admin, topics).ConfigureAwait(false);
            return steps;
        }
        catch (KafkaException e)
        {
            throw new StreamsException($"The reset of {config.ApplicationId} is not complete: {e.Error.Reason} ({e.Error.Code}). Run it again when the cause is gone.", e);
        }
    }

    private static async Task ThrowIfInUseAsync(IAdminClient admin, string[] groups)
    {
        var result = await admin.DescribeConsumerGroupsAsync(groups, new DescribeConsumerGroupsOptions { RequestTimeout = s_timeout }).ConfigureAwait(false);
        var busy = result.ConsumerGroupDescriptions.Where(g => g.Members.Count > 0).Select(g => g.GroupId).ToList();
        if (busy.Count > 0)
        {
            throw new StreamsException($"Group {string.Join(" and ", busy)} has members: stop every worker of the application first (a killed one counts until its session time-out).");
        }
    }

    private static async Task<List<(string Group, TopicPartitionOffset Partition)>> OffsetsAsync(IAdminClient admin, string[] groups)
    {
        var offsets = new List<(string Group, TopicPartitionOffset Partition)>();
        foreach (var group in groups)
        {
            var results = await admin.ListConsumerGroupOffsetsAsync(
                [new ConsumerGroupTopicPartitions(group, null)], new ListConsumerGroupOffsetsOptions { RequestTimeout = s_timeout }).ConfigureAwait(false);
            offsets.AddRange(results[0].Partitions.Select(p => (group, p.TopicPartitionOffset)));
        }

        return offsets;
    }

    private static async Task DeleteAsync(IAdminClient admin, List<string> topics)
    {
        try
        {
            await admin.DeleteTopicsAsync(topics, new DeleteTopicsOptions { RequestTimeout = s_timeout, OperationTimeout = s_timeout }).ConfigureAwait(false);
        }
        catch (DeleteTopicsException e) when (e.Results.All(r => r.Error.Code is ErrorCode.NoError or ErrorCode.UnknownTopicOrPart))
        {
            // Gone already.
        }
    }
}
