using System.Diagnostics;
using System.Text;

using Confluent.Kafka;

using SmartCity.Api.Configuration;
using SmartCity.Domain.Telemetry;

namespace SmartCity.Api.Ingest;

/// <summary>A reading on its way: what is published, and what became of it.</summary>
internal sealed class Outgoing(int index, string sensorId, byte[] value)
{
    public int Index { get; } = index;

    public string SensorId { get; } = sensorId;

    public byte[] Value { get; } = value;

    /// <summary>Where it lies now; null until acknowledged.</summary>
    public TopicPartitionOffset? Position { get; set; }

    /// <summary>Why it was not taken; null when it was.</summary>
    public Error? Error { get; set; }
}

/// <summary>Publishes readings to the input topic and waits until every in-sync replica has them (acks=all).</summary>
internal sealed partial class ReadingPublisher : IDisposable
{
    /// <summary>What its spans come from.</summary>
    public const string TraceSource = "SmartCity.Api";

    /// <summary>How long a reading may wait for its acknowledgement. Longer, and the caller would sooner be told to try again.</summary>
    private const int DeliveryTimeoutMs = 10_000;

    private static readonly ActivitySource Traces = new(TraceSource);

    private readonly ApiSettings _settings;
    private readonly ILogger<ReadingPublisher> _logger;
    private readonly Lock _gate = new();
    private readonly string _topic;
    private IProducer<byte[], byte[]>? _producer;

    public ReadingPublisher(ApiSettings settings, ILogger<ReadingPublisher> logger)
    {
        _settings = settings;
        _logger = logger;
        _topic = settings.Kafka.Topics.Sensors;
    }

    /// <summary>Publishes the readings in order; when it returns each has a position or an error.</summary>
    public async Task PublishAsync(IReadOnlyList<Outgoing> readings, CancellationToken cancellationToken)
    {
        using var span = Traces.StartActivity($"send {_topic}", ActivityKind.Producer);
        span?.SetTag("messaging.system", "kafka").SetTag("messaging.operation.name", "send").SetTag("messaging.operation.type", "send")
            .SetTag("messaging.destination.name", _topic).SetTag("messaging.batch.message_count", readings.Count);
        var headers = TraceHeader.Of(span);
        int waiting = readings.Count;
        var producer = Producer();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var reading in readings)
        {
            try
            {
                producer.Produce(_topic, new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(reading.SensorId), Value = reading.Value, Headers = headers }, report =>
                {
                    Settle(reading, report.Error, report.TopicPartitionOffset);
                });
            }
            catch (ProduceException<byte[], byte[]> error)
            {
                Settle(reading, error.Error, null);
            }
        }

        if (readings.Count > 0)
        {
            await done.Task.WaitAsync(cancellationToken);
        }

        if (readings.FirstOrDefault(reading => reading.Error is not null)?.Error is { } first)
        {
            span?.SetStatus(ActivityStatusCode.Error, first.Reason);
        }

        void Settle(Outgoing reading, Error error, TopicPartitionOffset? position)
        {
            reading.Position = error.IsError ? null : position;
            reading.Error = error.IsError ? error : null;
            if (Interlocked.Decrement(ref waiting) == 0)
            {
                done.TrySetResult();
            }
        }
    }

    public void Dispose() => Close(_producer);

    private IProducer<byte[], byte[]> Producer()
    {
        lock (_gate)
        {
            return _producer ??= Build();
        }
    }

    private IProducer<byte[], byte[]> Build() => new ProducerBuilder<byte[], byte[]>(new ProducerConfig(new Dictionary<string, string>(_settings.Kafka.ClientProperties))
    {
        ClientId = "smart-city-api",
        Acks = Acks.All,
        EnableIdempotence = true,
        Partitioner = Partitioner.Murmur2Random, // as Java clients place keys
        LingerMs = 5,
        MessageTimeoutMs = DeliveryTimeoutMs,
        MessageMaxBytes = 1_100_000, // the largest reading, its key and framing: the broker has the last word
        CompressionType = CompressionType.Lz4,
    })
    .SetErrorHandler(OnError)
    .SetLogHandler((_, _) => { })
    .Build();

    /// <summary>After a fatal error (the topic was made anew, say) an idempotent producer takes nothing any more: the next request gets a new one.</summary>
    private void OnError(IProducer<byte[], byte[]> producer, Error error)
    {
        ProducerError(_logger, error.Reason);
        if (!error.IsFatal)
        {
            return;
        }

        lock (_gate)
        {
            _producer = ReferenceEquals(_producer, producer) ? null : _producer;
        }

        // Not here: this runs on the producer's own thread, which closing waits for.
        _ = Task.Run(() => Close(producer));
    }

    private static void Close(IProducer<byte[], byte[]>? producer)
    {
        producer?.Flush(TimeSpan.FromSeconds(5));
        producer?.Dispose();
    }

    [LoggerMessage(5003, LogLevel.Warning, "The ingest producer reports: {Reason}")]
    private static partial void ProducerError(ILogger logger, string reason);
}
