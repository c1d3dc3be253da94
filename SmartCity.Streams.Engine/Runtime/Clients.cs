using System.Collections.Concurrent;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>Makes every Kafka client of the engine, so that the settings the guarantees rest on stand in one place.</summary>
internal sealed class Clients(StreamsConfig config, ILogger log)
{
    private const string InstanceIdKey = "group.instance.id";
    private const string MaxPollKey = "max.poll.interval.ms";
    private static readonly TimeSpan s_warningInterval = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string Client, string Facility), long> _lastWarnings = new();

    /// <summary>A group consumer of one thread; what it reads is in its two buffers.</summary>
    public ConsumerBuilder<int, int> Consumer(string group, string threadName, bool oneTopic, bool headers, RecordBuffer key, RecordBuffer value)
    {
        var settings = ConsumerSettings(group, threadName);
        settings.PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky;
        settings.GroupProtocol = GroupProtocol.Classic;
        settings.SessionTimeoutMs = Milliseconds(config.SessionTimeout);
        settings.HeartbeatIntervalMs = Math.Max(100, Milliseconds(config.SessionTimeout) / 10);

        // The name of the topic costs a string a record; with a single one everybody knows it.
        settings.ConsumeResultFields = $"timestamp{(oneTopic ? "" : ",topic")}{(headers ? ",headers" : "")}";
        if (config.Client.TryGetValue(InstanceIdKey, out var instance))
        {
            settings.GroupInstanceId = $"{instance}-{threadName}";
        }

        settings.MaxPollIntervalMs = config.Client.TryGetValue(MaxPollKey, out var poll)
            ? int.Parse(poll, System.Globalization.CultureInfo.InvariantCulture) : 120_000;
        if (settings.MaxPollIntervalMs < settings.SessionTimeoutMs)
        {
            settings.SessionTimeoutMs = settings.MaxPollIntervalMs;
        }

        return new ConsumerBuilder<int, int>(settings).SetKeyDeserializer(key).SetValueDeserializer(value)
            .SetErrorHandler((_, error) => ClientError(threadName, error)).SetLogHandler((_, message) => ClientLog(message));
    }

    /// <summary>A consumer that is assigned by hand, for restores; it belongs to no group.</summary>
    public IConsumer<byte[], byte[]> RestoreConsumer(string threadName)
    {
        var settings = ConsumerSettings($"{config.ApplicationId}-restore", threadName + "-restore");
        settings.QueuedMaxMessagesKbytes = 16 * 1024;
        settings.ConsumeResultFields = "none";
        return new ConsumerBuilder<byte[], byte[]>(settings)
            .SetErrorHandler((_, error) => ClientError(threadName, error)).SetLogHandler((_, message) => ClientLog(message)).Build();
    }

    /// <summary>A consumer that only asks for a group's committed offsets.</summary>
    public IConsumer<byte[], byte[]> OffsetReader(string group) =>
        new ConsumerBuilder<byte[], byte[]>(ConsumerSettings(group, "offsets"))
            .SetErrorHandler((_, error) => ClientError("offsets", error)).SetLogHandler((_, message) => ClientLog(message)).Build();

    /// <summary>A consumer that only asks where logs begin and end. It is never polled, so what its client has to say goes to the log alone.</summary>
    public IConsumer<byte[], byte[]> BoundsReader()
    {
        var settings = ConsumerSettings($"{config.ApplicationId}-bounds", "bounds");
        settings.IsolationLevel = IsolationLevel.ReadUncommitted;
        return new ConsumerBuilder<byte[], byte[]>(settings).SetLogHandler((_, message) => ClientLog(message)).Build();
    }

    /// <summary>The producer of one thread: transactional, or only idempotent when the guarantee is at least once.</summary>
    public ProducerBuilder<byte[], byte[]> Producer(string threadName, string transactionalId)
    {
        var timeout = Milliseconds(config.TransactionTimeout);
        var settings = new ProducerConfig(Common(threadName))
        {
            EnableIdempotence = true,
            Acks = Acks.All,
            Partitioner = Confluent.Kafka.Partitioner.Murmur2Random,
            CompressionType = CompressionType.Lz4,
            LingerMs = 20,
            MessageTimeoutMs = timeout,
            RequestTimeoutMs = Math.Min(timeout, 10_000),
            QueueBufferingMaxMessages = 1_000_000,
            QueueBufferingMaxKbytes = 128 * 1024,
            MessageMaxBytes = 16 << 20, // the broker's limit for a topic decides, not the client's
            DeliveryReportFields = "none",
        };
        if (config.Guarantee == ProcessingGuarantee.ExactlyOnce)
        {
            settings.TransactionalId = transactionalId;
            settings.TransactionTimeoutMs = timeout;
        }

        return new ProducerBuilder<byte[], byte[]>(settings)
            .SetErrorHandler((_, error) => ClientError(threadName, error)).SetLogHandler((_, message) => ClientLog(message));
    }

    /// <summary>For what is done once, at a start or a reset. Nothing that runs for long asks an admin client: it can end the process when a broker goes away.</summary>
    public IAdminClient Admin() =>
        new AdminClientBuilder(new AdminClientConfig(Common("admin")))
            .SetErrorHandler((_, error) => ClientError("admin", error)).SetLogHandler((_, message) => ClientLog(message)).Build();

    private static int Milliseconds(TimeSpan span) => (int)span.TotalMilliseconds;

    private ConsumerConfig ConsumerSettings(string group, string name) => new(Common(name))
    {
        GroupId = group,
        IsolationLevel = IsolationLevel.ReadCommitted,
        EnableAutoCommit = false,
        EnableAutoOffsetStore = false,
        EnablePartitionEof = true,
        AutoOffsetReset = AutoOffsetReset.Error,
        FetchQueueBackoffMs = 1,
        FetchWaitMaxMs = 10,
        QueuedMaxMessagesKbytes = 32 * 1024,

        // Who coordinates the group, asked anew this often: a consumer that only asks would ask a dead broker for ten minutes.
        CoordinatorQueryIntervalMs = 5000,
    };

    // Only what every kind of client understands: librdkafka warns about the settings of another kind.
    private Dictionary<string, string> Common(string name)
    {
        var settings = config.Client.Where(p => p.Key is not (InstanceIdKey or MaxPollKey)).ToDictionary(StringComparer.Ordinal);
        settings["client.id"] = $"{config.ApplicationId}-{name}";
        return settings;
    }

    private void ClientError(string client, Error error) => Log.ClientError(log, client, error.Code, error.Reason);

    // During an outage every connection of every client fails several times a second; once in a while is enough to know.
    private void ClientLog(LogMessage message)
    {
        var now = config.Clock.GetTimestamp();
        var key = (message.Name, message.Facility);
        var isNew = !_lastWarnings.TryGetValue(key, out var last) || config.Clock.GetElapsedTime(last, now) > s_warningInterval;

        // Properties given for every client include some that only consumers or only producers know; that is no mistake.
        var isOfOtherKind = message.Facility == "CONFWARN" && message.Message.Contains("will be ignored by this", StringComparison.Ordinal);
        if (message.Level <= SyslogLevel.Warning && isNew && !isOfOtherKind)
        {
            _lastWarnings[key] = now;
            Log.ClientWarning(log, message.Name, message.Facility, message.Message);
        }
        else
        {
            Log.ClientMessage(log, message.Name, message.Facility, message.Message);
        }
    }
}
