using System.Diagnostics;

using Confluent.Kafka;

using SmartCity.Domain.Telemetry;

namespace SmartCity.Simulator.Feed;

/// <summary>
/// Publishes records to Kafka: idempotent, acknowledged by all replicas, and to the partition that a Java client would choose for the key. When the
/// client's queue is full (the broker is slower than the city) it waits.
/// </summary>
internal sealed class KafkaSink : IReadingSink, IDisposable
{
    /// <summary>What its spans come from.</summary>
    public const string TraceSource = "SmartCity.Simulator";

    private static readonly ActivitySource Traces = new(TraceSource);
    private static readonly TimeSpan QueueFullPause = TimeSpan.FromMilliseconds(50);

    private readonly IProducer<byte[]?, byte[]> _producer;
    private readonly string _topic;
    private readonly string _span;
    private readonly FeedStatistics _statistics;
    private readonly Action<DeliveryReport<byte[]?, byte[]>> _delivered;
    private volatile string? _fatal;

    /// <summary>Makes the client; nothing is sent yet. <paramref name="client"/> holds librdkafka properties, which win over the defaults here.</summary>
    public KafkaSink(IReadOnlyDictionary<string, string> client, string topic, FeedStatistics statistics)
    {
        (_topic, _span, _statistics, _delivered) = (topic, $"send {topic}", statistics, Delivered);
        var config = new Dictionary<string, string>
        {
            ["client.id"] = "smartcity-simulator",
            ["enable.idempotence"] = "true",
            ["acks"] = "all",
            ["partitioner"] = "murmur2",
            ["linger.ms"] = "20",
            ["compression.type"] = "lz4",
            ["batch.size"] = "262144",
            ["queue.buffering.max.messages"] = "200000",
            ["queue.buffering.max.kbytes"] = "65536",

            // Of a delivery report only success or failure is looked at.
            ["dotnet.producer.delivery.report.fields"] = "none",
        };
        foreach (var (key, value) in client)
        {
            config[key] = value;
        }

        _producer = new ProducerBuilder<byte[]?, byte[]>(config)
            .SetKeySerializer(Serializers.ByteArray!)
            .SetValueSerializer(Serializers.ByteArray)
            .SetLogHandler(static (_, _) => { })
            .SetErrorHandler((_, error) => Complain(error))
            .Build();
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, CancellationToken cancellationToken)
    {
        using var span = Traces.StartActivity(_span, ActivityKind.Producer);
        span?.SetTag("messaging.system", "kafka").SetTag("messaging.operation.name", "send").SetTag("messaging.operation.type", "send").SetTag("messaging.destination.name", _topic);
        var message = new Message<byte[]?, byte[]> { Key = key.IsEmpty ? null : key.ToArray(), Value = value.ToArray(), Headers = TraceHeader.Of(span) };
        while (true)
        {
            if (_fatal is { } fatal)
            {
                throw new DeliveryException(fatal);
            }

            try
            {
                _producer.Produce(_topic, message, _delivered);
                return;
            }
            catch (ProduceException<byte[]?, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                cancellationToken.ThrowIfCancellationRequested();
                _producer.Poll(QueueFullPause);
            }
            catch (ProduceException<byte[]?, byte[]> e) when (!e.Error.IsFatal)
            {
                // This record alone cannot be sent (too large, say): it counts as lost, and the next one may fare better.
                _statistics.CountFailed(e.Error.Reason);
                return;
            }
            catch (KafkaException e)
            {
                throw new DeliveryException(e.Error.Reason);
            }
        }
    }

    /// <summary>Waits until all is acknowledged or given up, at most so long; returns how many are still on their way.</summary>
    public int Flush(TimeSpan timeout) => _producer.Flush(timeout);

    /// <inheritdoc/>
    public void Dispose() => _producer.Dispose();

    private void Delivered(DeliveryReport<byte[]?, byte[]> report)
    {
        if (report.Error.IsError)
        {
            _statistics.CountFailed(report.Error.Reason);
        }
        else
        {
            _statistics.CountAcknowledged();
        }
    }

    private void Complain(Error error)
    {
        _statistics.Complain(error.Reason);
        if (error.IsFatal)
        {
            _fatal = error.Reason;
        }
    }
}

/// <summary>Kafka takes no more from this client.</summary>
internal sealed class DeliveryException(string message) : Exception(message);
