using Confluent.Kafka;
using Confluent.Kafka.Admin;

using SmartCity.Domain.Configuration;

namespace SmartCity.Streams.Kafka;

/// <summary>
/// The few questions the worker asks the brokers. Asking is patient within a call and fails with <see cref="KafkaException"/>; what the client library has to
/// say meanwhile ("connection refused") goes to the debug log, since whoever asked says it better.
/// </summary>
internal sealed partial class KafkaAdmin : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly IAdminClient _client;

    // A request only says that it timed out; the client's last error says why ("connection refused").
    private volatile string? _lastError;

    public KafkaAdmin(KafkaSettings settings, ILogger logger)
    {
        var properties = new Dictionary<string, string>(settings.ClientProperties, StringComparer.Ordinal) { ["client.id"] = "smart-city-worker-admin" };
        _client = new AdminClientBuilder(properties)
            .SetLogHandler((_, message) => Client(logger, message.Facility, message.Message))
            .SetErrorHandler((_, error) =>
            {
                _lastError = error.Reason;
                Client(logger, "ERROR", error.Reason);
            })
            .Build();
    }

    /// <summary>The partition counts of every topic that can be seen.</summary>
    public async Task<IReadOnlyDictionary<string, int>> TopicsAsync(CancellationToken cancellation)
    {
        // Blocks for up to the time-out, so it gets a thread of its own.
        var metadata = await AskAsync(() => Task.Factory.StartNew(
            () => _client.GetMetadata(Timeout), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default), cancellation);
        return metadata.Topics.Where(topic => !topic.Error.IsError).ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count, StringComparer.Ordinal);
    }

    /// <summary>The cluster's id; asks the cluster, so it also tells whether it answers.</summary>
    public async Task<string> ClusterIdAsync(CancellationToken cancellation)
        => (await AskAsync(() => _client.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = Timeout }), cancellation)).ClusterId ?? "";

    /// <summary>Which log a topic's name stands for now.</summary>
    public async Task<SourceLog> LogOfAsync(string topic, CancellationToken cancellation)
    {
        var described = await AskAsync(
            () => _client.DescribeTopicsAsync(TopicCollection.OfTopicNames([topic]), new DescribeTopicsOptions { RequestTimeout = Timeout }), cancellation);
        var id = described.TopicDescriptions[0].TopicId;
        var isGiven = id is not null && (id.MostSignificantBits != 0 || id.LeastSignificantBits != 0);
        return new(await ClusterIdAsync(cancellation), topic, isGiven ? id!.ToString() : "");
    }

    /// <summary>A topic's configuration value, or null where the broker does not say.</summary>
    public async Task<string?> TopicConfigAsync(string topic, string name)
    {
        var resource = new ConfigResource { Type = ResourceType.Topic, Name = topic };
        var described = await _client.DescribeConfigsAsync([resource], new DescribeConfigsOptions { RequestTimeout = Timeout });
        return described[0].Entries.TryGetValue(name, out var entry) ? entry.Value : null;
    }

    /// <summary>Creates a topic; false when another did so first.</summary>
    public async Task<bool> CreateTopicAsync(TopicPlan plan, short replicationFactor)
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
            await _client.CreateTopicsAsync([specification], new CreateTopicsOptions { RequestTimeout = Timeout, OperationTimeout = Timeout });
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
        _lastError = null;
        try
        {
            return await question().WaitAsync(cancellation);
        }
        catch (KafkaException error) when (_lastError is not null && error.Error.IsLocalError)
        {
            throw new KafkaException(error.Error, new IOException(_lastError));
        }
    }

    public void Dispose() => _client.Dispose();

    [LoggerMessage(1190, LogLevel.Debug, "librdkafka {Facility}: {Text}")]
    private static partial void Client(ILogger logger, string facility, string text);
}
