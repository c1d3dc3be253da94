using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>Asks the brokers where partitions begin and end, uncommitted records included.</summary>
internal static class LogBounds
{
    /// <summary>The offset that <paramref name="spec"/> means in each partition. Throws a <see cref="KafkaException"/> that names the first partition's error.</summary>
    public static async Task<Dictionary<TopicPartition, long>> AskAsync(IAdminClient admin, IReadOnlyCollection<TopicPartition> partitions, OffsetSpec spec, TimeSpan timeout)
    {
        if (partitions.Count == 0)
        {
            return [];
        }

        try
        {
            return await AskOnceAsync(admin, partitions, spec, timeout).ConfigureAwait(false);
        }
        catch (ListOffsetsException)
        {
            // When a broker comes back, the client goes on naming the epoch of its leadership before, and is refused, until it fetches metadata of its own accord: for minutes.
            foreach (var topic in partitions.Select(p => p.Topic).Distinct(StringComparer.Ordinal))
            {
                admin.GetMetadata(topic, timeout);
            }
        }

        try
        {
            return await AskOnceAsync(admin, partitions, spec, timeout).ConfigureAwait(false);
        }
        catch (ListOffsetsException e)
        {
            var first = e.Result.ResultInfos.Select(r => r.TopicPartitionOffsetError).First(r => r.Error.IsError);
            throw new KafkaException(new Error(first.Error.Code, $"{first.TopicPartition}: {first.Error.Reason}"), e);
        }
    }

    private static async Task<Dictionary<TopicPartition, long>> AskOnceAsync(IAdminClient admin, IEnumerable<TopicPartition> partitions, OffsetSpec spec, TimeSpan timeout)
    {
        var answer = await admin.ListOffsetsAsync(
            partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = spec }),
            new ListOffsetsOptions { RequestTimeout = timeout, IsolationLevel = IsolationLevel.ReadUncommitted }).ConfigureAwait(false);
        return answer.ResultInfos.ToDictionary(r => r.TopicPartitionOffsetError.TopicPartition, r => r.TopicPartitionOffsetError.Offset.Value);
    }
}
