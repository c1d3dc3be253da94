using System.Globalization;

using SmartCity.Domain.Configuration;
using SmartCity.Streams.Configuration;

namespace SmartCity.Streams.Kafka;

/// <summary>A topic as this worker would create it.</summary>
internal sealed record TopicPlan(string Name, int Partitions, IReadOnlyDictionary<string, string> Config)
{
    /// <summary>The headers of a reading that is passed on come on top of it, so these topics must take more than a source topic does: as much as any client sends.</summary>
    private const string LargestMessage = "16777216";

    /// <summary>
    /// The platform's public topics. Log-append time keeps producers from setting the time that lateness is judged by. Rejected and late readings are kept for
    /// a month, so that they can be replayed after a fix; rows for two weeks, the longest that a database may be away.
    /// </summary>
    public static IReadOnlyList<TopicPlan> For(KafkaSettings kafka, StreamsOptions streams)
    {
        var topics = kafka.Topics;
        return
        [
            new(topics.Sensors, streams.SensorPartitions, Settings(("message.timestamp.type", "LogAppendTime"))),
            new(topics.DeadLetters, streams.SensorPartitions, Settings(("retention.ms", Days(30)), ("max.message.bytes", LargestMessage))),
            new(topics.Late, streams.SensorPartitions, Settings(("retention.ms", Days(30)), ("max.message.bytes", LargestMessage))),
            new(topics.Aggregates, streams.RepartitionPartitions, Settings(("retention.ms", Days(14)))),
            new(topics.SensorStatus, streams.RepartitionPartitions, Settings(("cleanup.policy", "compact"))),
            new(topics.Quality, streams.RepartitionPartitions, Settings(("retention.ms", Days(14)))),
            new(topics.Workers, 1, Settings(("cleanup.policy", "compact,delete"), ("retention.ms", Days(1)))),
        ];
    }

    /// <summary>The command that creates it by hand.</summary>
    public string Command(string bootstrapServers)
        => $"kafka-topics.sh --bootstrap-server {bootstrapServers} --create --topic {Name} --partitions {Partitions}"
            + string.Concat(Config.Select(setting => $" --config {setting.Key}={setting.Value}"));

    internal static IReadOnlyDictionary<string, string> Settings(params (string Key, string Value)[] settings)
        => settings.ToDictionary(setting => setting.Key, setting => setting.Value, StringComparer.Ordinal);

    private static string Days(int days) => ((long)TimeSpan.FromDays(days).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}
