using Confluent.Kafka;

using SmartCity.Api.Configuration;
using SmartCity.Domain.Configuration;

namespace SmartCity.Api.Kafka;

/// <summary>What was seen of Kafka last.</summary>
/// <param name="IsUp">True when the brokers answered.</param>
/// <param name="Error">Why not, for the log and /health; null when up.</param>
/// <param name="Readings">The readings in the input topic since it was made; null when unknown.</param>
/// <param name="ReadingsPerSecond">How fast that number grew over the last few seconds; null until seen twice.</param>
/// <param name="GrowingFor">How long it has been growing without a pause; zero when it is not.</param>
internal sealed record KafkaState(bool IsUp, string? Error, long? Readings, double? ReadingsPerSecond, TimeSpan GrowingFor)
{
    /// <summary>False when Kafka answers but has no input topic.</summary>
    public bool HasTopic => !IsUp || Readings is not null;

    public static KafkaState Down(string error) => new(false, error, null, null, TimeSpan.Zero);
}

/// <summary>Asks Kafka every two seconds how far the input topic has grown: that is both the API's health check of Kafka and the rate on the dashboard.</summary>
internal sealed partial class KafkaLink(ApiSettings settings, TimeProvider clock, ILogger<KafkaLink> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The rate is taken over this many looks, so that a commit's rhythm does not show.</summary>
    private const int Looks = 6;

    private readonly Queue<(long Time, long Readings)> _history = new();
    private long? _growingSince;
    private volatile KafkaState _state = KafkaState.Down("Kafka has not answered yet.");

    public KafkaState State => _state;

    /// <summary>The input topic's name.</summary>
    public string Topic { get; } = settings.Kafka.Topics.Sensors;

    // librdkafka's calls block, so the loop has a thread of its own.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Factory.StartNew(
        () => Watch(stoppingToken), stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Watch(CancellationToken stoppingToken)
    {
        // Without a handler for errors: this consumer is not polled, so they would pile up.
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(settings.Kafka.Onlooker("smart-city-api-watch", "smart-city-api")).SetLogHandler((_, _) => { }).Build();
        bool wasUp = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            _state = Look(consumer);
            if (_state.IsUp != wasUp)
            {
                wasUp = _state.IsUp;
                Log(wasUp);
            }

            stoppingToken.WaitHandle.WaitOne(Interval);
        }
    }

    private KafkaState Look(IConsumer<Ignore, Ignore> consumer)
    {
        try
        {
            using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
            var topic = admin.GetMetadata(Topic, Patience).Topics.Find(one => one.Topic == Topic);
            if (topic is null || topic.Error.IsError)
            {
                _history.Clear();
                return new KafkaState(true, null, null, null, TimeSpan.Zero);
            }

            long readings = 0;
            foreach (var partition in topic.Partitions)
            {
                readings += consumer.QueryWatermarkOffsets(new TopicPartition(Topic, partition.PartitionId), Patience).High.Value;
            }

            double? rate = Rate(readings);
            _growingSince = rate > 0 ? _growingSince ?? clock.GetTimestamp() : null;
            return new KafkaState(true, null, readings, rate, _growingSince is { } since ? clock.GetElapsedTime(since) : TimeSpan.Zero);
        }
        catch (KafkaException error)
        {
            _growingSince = null;
            return KafkaState.Down(error.Error.Reason);
        }
    }

    private double? Rate(long readings)
    {
        long now = clock.GetTimestamp();
        if (_history.Count > 0 && _history.Peek().Readings > readings)
        {
            _history.Clear(); // another topic of the same name
        }

        _history.Enqueue((now, readings));
        if (_history.Count > Looks)
        {
            _history.Dequeue();
        }

        var (then, before) = _history.Peek();
        double seconds = clock.GetElapsedTime(then, now).TotalSeconds;
        return seconds > 0 ? (readings - before) / seconds : null;
    }

    private void Log(bool isUp)
    {
        if (isUp)
        {
            KafkaIsUp(logger, settings.Kafka.BootstrapServers);
        }
        else
        {
            KafkaIsDown(logger, settings.Kafka.BootstrapServers, _state.Error);
        }
    }

    [LoggerMessage(5001, LogLevel.Information, "Kafka at {Servers} answers.")]
    private static partial void KafkaIsUp(ILogger logger, string servers);

    [LoggerMessage(5002, LogLevel.Warning, "Kafka at {Servers} does not answer: {Error} Ingest answers 503 until it does.")]
    private static partial void KafkaIsDown(ILogger logger, string servers, string? error);
}
