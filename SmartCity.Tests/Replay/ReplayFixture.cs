using System.Globalization;
using System.Text;

using Confluent.Kafka;
using Confluent.Kafka.Admin;

using SmartCity.Domain.Configuration;
using SmartCity.Streams.Hosting;
using SmartCity.Streams.Replay;
using SmartCity.Tests.Lake;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Replay;

/// <summary>The topics of one installation on a real Kafka, with readings that were put aside, and what sends them again.</summary>
internal sealed class ReplayFixture : IDisposable
{
    public const int Partitions = 3;

    private readonly string _prefix = $"replay-{Guid.NewGuid():N}.";
    private readonly string _state = Scratch.Folder("state");
    private readonly KafkaServer _kafka;

    private ReplayFixture(KafkaServer kafka) => _kafka = kafka;

    public string ApplicationId { get; } = $"replay-{Guid.NewGuid():N}";

    public string Sensors => _prefix + "smart-city-sensors";

    public string DeadLetters => Sensors + ".dead-letters";

    public string Late => Sensors + ".late";

    public Dictionary<string, string> Settings => new()
    {
        ["Kafka:BootstrapServers"] = _kafka.BootstrapServers,
        ["Kafka:TopicPrefix"] = _prefix,
        ["Streams:ApplicationId"] = ApplicationId,
        ["Streams:StateDirectory"] = _state,
    };

    public KafkaSettings Kafka => new VerbLine(ReplayCommand.Verb, [.. Settings.Select(setting => $"--{setting.Key}={setting.Value}")]).Settings(KafkaSettings.Read);

    public static async Task<ReplayFixture> MakeAsync()
    {
        var test = new ReplayFixture(await TestServers.KafkaAsync());
        foreach (string topic in (string[])[test.Sensors, test.DeadLetters, test.Late])
        {
            await test._kafka.CreateTopicAsync(topic, Partitions, new Dictionary<string, string> { ["message.timestamp.type"] = topic == test.Sensors ? "LogAppendTime" : "CreateTime" });
        }

        return test;
    }

    /// <summary>A reading that is valid.</summary>
    public static string Valid(int number, DateTimeOffset? at = null)
        => RawBatch.Weather($"W-{number}", "Łódź", (at ?? TimeProvider.System.GetUtcNow()).ToString("O", CultureInfo.InvariantCulture), 20, $",\"n\":{number}");

    /// <summary>Puts readings aside as the workers do.</summary>
    public void PutAside(string topic, params IEnumerable<(int Partition, long Offset, string Value, string? Reason)> readings) => PutAside(topic, TimeProvider.System.GetUtcNow(), readings);

    public void PutAside(string topic, DateTimeOffset at, params IEnumerable<(int Partition, long Offset, string Value, string? Reason)> readings)
    {
        using IProducer<byte[]?, byte[]> producer = new ProducerBuilder<byte[]?, byte[]>(new ProducerConfig { BootstrapServers = _kafka.BootstrapServers, LingerMs = 5, EnableIdempotence = true }).Build();
        foreach ((int partition, long offset, string value, string? reason) in readings)
        {
            var headers = new Headers
            {
                { "source.topic", Encoding.UTF8.GetBytes(Sensors) },
                { "source.partition", Encoding.UTF8.GetBytes($"{partition}") },
                { "source.offset", Encoding.UTF8.GetBytes($"{offset}") },
            };
            if (reason is not null)
            {
                headers.Add("reason", Encoding.UTF8.GetBytes(reason));
            }

            producer.Produce(new TopicPartition(topic, (int)(offset % Partitions)), new Message<byte[]?, byte[]>
            {
                Key = offset % 7 == 6 ? null : Encoding.UTF8.GetBytes($"key-{offset}"),
                Value = Encoding.UTF8.GetBytes(value),
                Headers = headers,
                Timestamp = new Timestamp(at),
            });
        }

        producer.Flush();
    }

    /// <summary>Runs <c>replay</c> in this process.</summary>
    public async Task<(int ExitCode, string Output)> ReplayAsync(params string[] arguments)
    {
        var output = new StringWriter();
        VerbLine line = new(ReplayCommand.Verb, [.. arguments, .. Settings.Select(setting => $"--{setting.Key}={setting.Value}")]) { Output = output, Errors = output };
        return (await ReplayCommand.Verb.RunAsync(line), output.ToString());
    }

    /// <summary>What has come to a topic and is committed.</summary>
    public List<ConsumeResult<byte[]?, byte[]>> Committed(string topic)
    {
        using IConsumer<byte[]?, byte[]> consumer = new ConsumerBuilder<byte[]?, byte[]>(new ConsumerConfig
        {
            BootstrapServers = _kafka.BootstrapServers,
            GroupId = "reader",
            EnableAutoCommit = false,
            IsolationLevel = IsolationLevel.ReadCommitted,
            EnablePartitionEof = true,
        }).Build();
        consumer.Assign(Enumerable.Range(0, Partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        var read = new List<ConsumeResult<byte[]?, byte[]>>();
        for (int ends = 0; ends < Partitions;)
        {
            ConsumeResult<byte[]?, byte[]> result = consumer.Consume(TimeSpan.FromSeconds(60)) ?? throw new TimeoutException(topic);
            if (result.IsPartitionEOF)
            {
                ends++;
            }
            else
            {
                read.Add(result);
            }
        }

        consumer.Close();
        return read;
    }

    /// <summary>Fills the sensors' topic, and removes what lies before an offset of each partition.</summary>
    public async Task FillSensorsAsync(int perPartition, long removedBefore)
    {
        using (IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = _kafka.BootstrapServers }).Build())
        {
            for (int number = 0; number < perPartition * Partitions; number++)
            {
                producer.Produce(new TopicPartition(Sensors, number % Partitions), new Message<Null, byte[]> { Value = "{}"u8.ToArray() });
            }

            producer.Flush();
        }

        using IAdminClient admin = _kafka.Admin();
        await admin.DeleteRecordsAsync(Enumerable.Range(0, Partitions).Select(partition => new TopicPartitionOffset(Sensors, partition, removedBefore)));
    }

    /// <summary>Commits a stream time for every partition, as the engine does: milliseconds since the year 1, as the offset of an empty topic.</summary>
    public async Task CommitStreamTimeAsync(DateTimeOffset time)
    {
        string topic = $"{ApplicationId}-stream-time";
        await _kafka.CreateTopicAsync(topic, Partitions);
        using IConsumer<Ignore, Ignore> group = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = _kafka.BootstrapServers, GroupId = ApplicationId, EnableAutoCommit = false }).Build();
        group.Commit(Enumerable.Range(0, Partitions).Select(partition => new TopicPartitionOffset(topic, partition, time.UtcTicks / TimeSpan.TicksPerMillisecond)));
    }

    public void Dispose() => Scratch.Remove(_state);
}
