using System.Globalization;
using System.Text;

using Confluent.Kafka;

using SmartCity.Domain.Configuration;
using SmartCity.Streams.Engine;

namespace SmartCity.Streams.Replay;

/// <summary>A reading that was put aside.</summary>
/// <param name="Place">Where it lies now.</param>
/// <param name="Key">Its key, as it was sent first.</param>
/// <param name="Value">Its bytes, as they were sent first.</param>
/// <param name="Reason">Why it was refused; <c>late</c> for a late one.</param>
/// <param name="Partition">Where it first stood in the sensors' topic; -1 when it does not say so.</param>
/// <param name="Offset">Its offset there.</param>
internal sealed record PutAside(TopicPartitionOffset Place, byte[]? Key, byte[]? Value, string Reason, int Partition, long Offset);

/// <summary>The topic that readings were put aside in, up to where it ended when it was opened: what comes back from a replay is not read by it.</summary>
internal sealed class ReplaySource : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(10);

    private readonly string _topic;
    private readonly string _sensors;
    private readonly IConsumer<byte[]?, byte[]?> _consumer;
    private readonly List<(TopicPartition Partition, long Begin, long End)> _bounds = [];

    public ReplaySource(KafkaSettings kafka, string applicationId, string topic)
    {
        (_topic, _sensors) = (topic, kafka.Topics.Sensors);
        _consumer = Onlooker<byte[]?>(kafka, applicationId);
        foreach (int partition in Enumerable.Range(0, PartitionsOf(topic)))
        {
            var place = new TopicPartition(topic, partition);
            WatermarkOffsets bounds = _consumer.QueryWatermarkOffsets(place, Patience);
            _bounds.Add((place, bounds.Low, bounds.High));
        }

        Begins = [.. Enumerable.Range(0, PartitionsOf(_sensors)).Select(partition => _consumer.QueryWatermarkOffsets(new TopicPartition(_sensors, partition), Patience).Low.Value)];
    }

    /// <summary>Where the partitions of the sensors' topic begin: readings before are no longer in it.</summary>
    public IReadOnlyList<long> Begins { get; }

    public static IConsumer<TKey, byte[]?> Onlooker<TKey>(KafkaSettings kafka, string applicationId)
        => new ConsumerBuilder<TKey, byte[]?>(new ConsumerConfig(kafka.Onlooker(applicationId, "smart-city-replay"))
        {
            AutoOffsetReset = AutoOffsetReset.Error,
            IsolationLevel = IsolationLevel.ReadCommitted,
            EnablePartitionEof = true,
        }).SetLogHandler((_, _) => { }).Build();

    /// <summary>Everything that was put aside at <paramref name="since"/> or later. Throws <see cref="KafkaException"/> when Kafka does not answer.</summary>
    public IEnumerable<PutAside> Read(DateTimeOffset since)
    {
        foreach ((TopicPartition partition, long begin, long end) in _bounds)
        {
            if (begin >= end)
            {
                continue;
            }

            _consumer.Assign(new TopicPartitionOffset(partition, begin));
            while (_consumer.Consume(Patience) is var read)
            {
                if (read is null)
                {
                    throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"no record of {_topic} for {Patience.TotalSeconds:0} s"));
                }

                if (read.IsPartitionEOF || read.Offset >= end)
                {
                    break;
                }

                if (read.Message.Timestamp.UnixTimestampMs >= since.ToUnixTimeMilliseconds())
                {
                    yield return Of(read);
                }
            }
        }
    }

    public void Dispose()
    {
        _consumer.Close();
        _consumer.Dispose();
    }

    private PutAside Of(ConsumeResult<byte[]?, byte[]?> read)
    {
        Headers headers = read.Message.Headers;
        bool isOurs = Text(headers, RecordHeaders.SourceTopic) == _sensors;
        return new PutAside(
            read.TopicPartitionOffset, read.Message.Key, read.Message.Value, Text(headers, RecordHeaders.Reason) ?? "late",
            isOurs ? (int)(Number(headers, RecordHeaders.SourcePartition) ?? -1) : -1, Number(headers, RecordHeaders.SourceOffset) ?? -1);
    }

    private int PartitionsOf(string topic)
    {
        using IAdminClient questions = new DependentAdminClientBuilder(_consumer.Handle).Build();
        return questions.GetMetadata(topic, FirstAnswer).Topics.Find(found => found.Topic == topic && !found.Error.IsError)?.Partitions.Count ?? 0;
    }

    private static string? Text(Headers headers, string name) => headers.TryGetLastBytes(name, out byte[] bytes) ? Encoding.UTF8.GetString(bytes) : null;

    private static long? Number(Headers headers, string name)
        => long.TryParse(Text(headers, name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
}
