using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Streams.Engine.Runtime;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine;

/// <summary>How far an application has come, for whoever stands beside it.</summary>
public static class StreamTimes
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    /// <summary>The committed stream time of each input partition in Unix milliseconds; null where there is none yet. No window with end + grace at or before it takes anything from that partition.</summary>
    /// <exception cref="KafkaException">Kafka does not answer.</exception>
    public static IReadOnlyList<long?> Committed(StreamsConfig config, int inputPartitions)
    {
        using var reader = new Clients(config, NullLogger.Instance).OffsetReader(config.ApplicationId);
        var topic = InternalTopics.Of(config.ApplicationId, null).StreamTime;
        return
        [
            .. reader.Committed(Enumerable.Range(0, inputPartitions).Select(index => new TopicPartition(topic, index)), s_timeout)
                .Select(found => found.Offset.IsSpecial || InternalTopics.FromOffset(found.Offset.Value) is CombineTask.NoStreamTime
                    ? (long?)null : InternalTopics.FromOffset(found.Offset.Value)),
        ];
    }
}
