using Confluent.Kafka;
using Confluent.Kafka.Admin;

using SmartCity.Domain.Configuration;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Hosting;

namespace SmartCity.Streams.Kafka;

/// <summary>
/// Waits until the brokers answer, creates the platform's topics that are missing where it may, and says so. Done once for all parts of the worker.
/// </summary>
internal sealed partial class TopicSetup(WorkerSettings settings, KafkaAdmin admin, WorkerStatus status, TimeProvider clock, ILogger<TopicSetup> logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _end = new();
    private Task? _done;

    /// <summary>Completes when every topic is there. A caller's cancellation ends its own waiting alone: callers stop one after another.</summary>
    public Task ReadyAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return (_done ??= SetUpAsync(_end.Token)).WaitAsync(cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await (_done ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task SetUpAsync(CancellationToken cancellation)
    {
        var servers = settings.Kafka.BootstrapServers;
        var plans = TopicPlan.For(settings.Kafka, settings.Streams);
        var waited = false;
        var existing = await Patience.UntilDoneAsync(
            token => EnsureAsync(plans, token),
            error => error is KafkaException or MissingTopicException,
            (error, pause) =>
            {
                waited = true;
                if (error is MissingTopicException missing)
                {
                    WaitingForTopic(missing.Message, pause.TotalSeconds);
                }
                else
                {
                    WaitingForKafka(servers, KafkaAdmin.Describe((KafkaException)error), pause.TotalSeconds);
                }
            },
            clock, cancellation);
        if (waited)
        {
            KafkaAnswers(servers);
        }

        if (existing.Contains(settings.Kafka.Topics.Sensors))
        {
            await CheckTimestampTypeAsync(settings.Kafka.Topics.Sensors, cancellation);
        }
    }

    /// <summary>Returns the names of the topics that were there before.</summary>
    private async Task<HashSet<string>> EnsureAsync(IReadOnlyList<TopicPlan> plans, CancellationToken cancellation)
    {
        var present = await admin.TopicsAsync(cancellation);
        var existing = new HashSet<string>(StringComparer.Ordinal);
        foreach (var plan in plans)
        {
            if (present.ContainsKey(plan.Name))
            {
                existing.Add(plan.Name);
                continue;
            }

            await CreateAsync(plan, cancellation);
        }

        return existing;
    }

    private async Task CreateAsync(TopicPlan plan, CancellationToken cancellation)
    {
        try
        {
            if (await admin.CreateTopicAsync(plan, settings.Streams.ReplicationFactor, cancellation))
            {
                TopicCreated(plan.Name, plan.Partitions, string.Join(", ", plan.Config.Select(setting => $"{setting.Key}={setting.Value}")));
            }
        }
        catch (CreateTopicsException error)
        {
            throw new MissingTopicException(
                $"Topic {plan.Name} does not exist and cannot be created ({error.Results[0].Error.Reason}). Create it: {plan.Command(settings.Kafka.BootstrapServers)}");
        }
    }

    private async Task CheckTimestampTypeAsync(string topic, CancellationToken cancellation)
    {
        try
        {
            if (await admin.TopicConfigAsync(topic, "message.timestamp.type", cancellation) is "CreateTime")
            {
                var message = $"Topic {topic} has message.timestamp.type=CreateTime: a producer with a wrong clock can close windows early. Set it: "
                    + $"kafka-configs.sh --bootstrap-server {settings.Kafka.BootstrapServers} --alter --topic {topic} --add-config message.timestamp.type=LogAppendTime";
                status.Warn("sensors_topic", message);
                CreateTime(message);
            }
        }
        catch (KafkaException error)
        {
            // Brokers may refuse to show configurations, and the embedded one cannot; that is no reason not to work.
            NotShown(topic, error.Error.Reason);
        }
    }

    [LoggerMessage(1110, LogLevel.Information, "Created topic {Topic} with {Partitions} partitions ({Config})")]
    private partial void TopicCreated(string topic, int partitions, string config);

    [LoggerMessage(1111, LogLevel.Warning, "{Message}. Trying again in {Seconds:0.0} s")]
    private partial void WaitingForTopic(string message, double seconds);

    [LoggerMessage(1112, LogLevel.Warning, "Kafka at {Servers} cannot be reached ({Reason}). Is it running, and is Kafka__BootstrapServers right? Trying again in {Seconds:0.0} s")]
    private partial void WaitingForKafka(string servers, string reason, double seconds);

    [LoggerMessage(1113, LogLevel.Information, "Kafka at {Servers} answers")]
    private partial void KafkaAnswers(string servers);

    [LoggerMessage(1114, LogLevel.Warning, "{Message}")]
    private partial void CreateTime(string message);

    [LoggerMessage(1115, LogLevel.Debug, "The broker does not show the configuration of {Topic}: {Reason}")]
    private partial void NotShown(string topic, string reason);

    private sealed class MissingTopicException(string message) : Exception(message);
}
