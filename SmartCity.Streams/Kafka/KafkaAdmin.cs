using System.Text.RegularExpressions;

using Confluent.Kafka;
using Confluent.Kafka.Admin;

using SmartCity.Domain.Configuration;

namespace SmartCity.Streams.Kafka;

/// <summary>
/// The few questions the worker asks the brokers. Asking is patient within a call and fails with <see cref="KafkaException"/>; what the client library has to
/// say meanwhile ("connection refused") goes to the debug log, since whoever asked says it better. What only an admin client can ask is asked once, of brokers that
/// have just answered this client: an admin request that a broker leaves unanswered can end the process.
/// </summary>
internal sealed partial class KafkaAdmin : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly IConsumer<Ignore, Ignore> _consumer;
    private readonly IAdminClient _client;
    private readonly Lock _gate = new();
    private int _questions;
    private bool _closed;

    // A request only says that it timed out; the client's last error says why ("connection refused").
    private volatile string? _lastError;

    public KafkaAdmin(KafkaSettings settings, ILogger logger)
    {
        // A consumer that is not polled hands no errors over; its log has them.
        _consumer = new ConsumerBuilder<Ignore, Ignore>(settings.Onlooker("smart-city-worker", "smart-city-worker-admin")).SetLogHandler((_, message) =>
        {
            if (message.Facility is "FAIL" or "ERROR")
            {
                _lastError = ThreadName().Replace(message.Message, "");
            }

            Client(logger, message.Facility, message.Message);
        }).Build();
        _client = new DependentAdminClientBuilder(_consumer.Handle).Build();
    }

    /// <summary>The partition counts of every topic that can be seen.</summary>
    public async Task<IReadOnlyDictionary<string, int>> TopicsAsync(CancellationToken cancellation)
    {
        var metadata = await AskAsync(() => BlockingAsync(() => _client.GetMetadata(Timeout)), cancellation);
        return metadata.Topics.Where(topic => !topic.Error.IsError).ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count, StringComparer.Ordinal);
    }

    /// <summary>Returns when a broker has told about a topic, whether it is there or not.</summary>
    public Task AnswersAsync(string topic, CancellationToken cancellation)
        => AskAsync(() => BlockingAsync(() => _client.GetMetadata(topic, Timeout)), cancellation);

    /// <summary>Which log a topic's name stands for now.</summary>
    public async Task<SourceLog> LogOfAsync(string topic, CancellationToken cancellation)
    {
        await AnswersAsync(topic, cancellation);
        var described = await AskAsync(
            () => _client.DescribeTopicsAsync(TopicCollection.OfTopicNames([topic]), new DescribeTopicsOptions { RequestTimeout = Timeout }), cancellation);
        var cluster = await AskAsync(() => _client.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = Timeout }), cancellation);
        var id = described.TopicDescriptions[0].TopicId;
        var isGiven = id is not null && (id.MostSignificantBits != 0 || id.LeastSignificantBits != 0);
        return new(cluster.ClusterId ?? "", topic, isGiven ? id!.ToString() : "");
    }

    /// <summary>A topic's configuration value, or null where the broker does not say.</summary>
    public async Task<string?> TopicConfigAsync(string topic, string name, CancellationToken cancellation)
    {
        var resource = new ConfigResource { Type = ResourceType.Topic, Name = topic };
        var described = await AskAsync(() => _client.DescribeConfigsAsync([resource], new DescribeConfigsOptions { RequestTimeout = Timeout }), cancellation);
        return described[0].Entries.TryGetValue(name, out var entry) ? entry.Value : null;
    }

    /// <summary>Creates a topic; false when another did so first.</summary>
    public async Task<bool> CreateTopicAsync(TopicPlan plan, short replicationFactor, CancellationToken cancellation)
    {
        var specification = new TopicSpecification
        {
            Name = plan.Name,
            NumPartitions = plan.Partitions,
            ReplicationFactor = replicationFactor,
            Configs = new Dictionary<string, string>(plan.Config),
        };
        try
        {
            await AskAsync(
                async () =>
                {
                    await _client.CreateTopicsAsync([specification], new CreateTopicsOptions { RequestTimeout = Timeout, OperationTimeout = Timeout });
                    return true;
                },
                cancellation);
            return true;
        }
        catch (CreateTopicsException error) when (error.Results[0].Error.Code == ErrorCode.TopicAlreadyExists)
        {
            return false;
        }
    }

    /// <summary>One line on what went wrong, the connection's own fault included.</summary>
    public static string Describe(KafkaException error)
        => error.InnerException is { } cause ? $"{error.Error.Reason}; {cause.Message}" : error.Error.Reason;

    /// <summary>A request cannot be called back; cancelled, it ends by itself and nobody waits for it.</summary>
    private async Task<T> AskAsync<T>(Func<Task<T>> question, CancellationToken cancellation)
    {
        Enter();
        _lastError = null;
        try
        {
            return await LeavingAsync(question).WaitAsync(cancellation);
        }
        catch (KafkaException error) when (_lastError is not null && error.Error.IsLocalError)
        {
            throw new KafkaException(error.Error, new IOException(_lastError));
        }
    }

    // Blocks for up to the time-out, so it gets a thread of its own.
    private static Task<T> BlockingAsync<T>(Func<T> question)
        => Task.Factory.StartNew(question, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private async Task<T> LeavingAsync<T>(Func<Task<T>> question)
    {
        try
        {
            return await question();
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>The client is let go of when its last question is answered, and nobody waits for that.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            if (_questions > 0)
            {
                return;
            }
        }

        Release();
    }

    private void Enter()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _questions++;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_questions > 0 || !_closed)
            {
                return;
            }
        }

        Release();
    }

    private void Release()
    {
        _client.Dispose();
        _consumer.Dispose();
    }

    [GeneratedRegex(@"^\[thrd:[^]]*\]: ")]
    private static partial Regex ThreadName();

    [LoggerMessage(1190, LogLevel.Debug, "librdkafka {Facility}: {Text}")]
    private static partial void Client(ILogger logger, string facility, string text);
}
