using Confluent.Kafka;

using SmartCity.Domain.Configuration;

namespace SmartCity.Streams.Lake;

/// <summary>The sensors' topic as a verification reads it: partition by partition, from front to back, up to where the lake is complete.</summary>
internal sealed class SourceLog : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _topic;
    private readonly IConsumer<Ignore, byte[]> _consumer;

    // Read, and beyond the end that was asked for.
    private ConsumeResult<Ignore, byte[]>? _held;

    public SourceLog(KafkaSettings kafka, string topic, string applicationId)
    {
        _topic = topic;
        _consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig(kafka.Onlooker($"{applicationId}-lake-raw", "smart-city-lake-verify"))
        {
            AutoOffsetReset = AutoOffsetReset.Error,
            IsolationLevel = IsolationLevel.ReadCommitted,
            EnablePartitionEof = true,
        }).SetLogHandler((_, _) => { }).Build();
    }

    /// <summary>The partitions of the topic; none when it is not there.</summary>
    public int Partitions
    {
        get
        {
            using IAdminClient questions = new DependentAdminClientBuilder(_consumer.Handle).Build();
            return questions.GetMetadata(_topic, Patience).Topics.Find(topic => topic.Topic == _topic && !topic.Error.IsError)?.Partitions.Count ?? 0;
        }
    }

    /// <summary>Where the log of a partition begins, and up to where the sink has committed that all is in the lake; null when it never has.</summary>
    public (long Begin, long? Complete) Bounds(int partition)
    {
        var place = new TopicPartition(_topic, partition);
        Offset committed = _consumer.Committed([place], Patience)[0].Offset;
        return (_consumer.QueryWatermarkOffsets(place, Patience).Low, committed.IsSpecial ? null : committed.Value);
    }

    /// <summary>Goes to an offset of a partition; <see cref="Next"/> reads from there.</summary>
    public void Seek(int partition, long offset)
    {
        _held = null;
        _consumer.Assign(new TopicPartitionOffset(_topic, partition, offset));
    }

    /// <summary>The next record before <paramref name="end"/>; null when there is none. Throws <see cref="KafkaException"/> when Kafka does not answer.</summary>
    public ConsumeResult<Ignore, byte[]>? Next(long end)
    {
        if (_held is null)
        {
            ConsumeResult<Ignore, byte[]> read = _consumer.Consume(Patience) ?? throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"no record of {_topic} for {Patience.TotalSeconds:0} s"));
            if (read.IsPartitionEOF)
            {
                return null;
            }

            _held = read;
        }

        if (_held.Offset >= end)
        {
            return null;
        }

        (var next, _held) = (_held, null);
        return next;
    }

    public void Dispose()
    {
        _consumer.Close();
        _consumer.Dispose();
    }
}
