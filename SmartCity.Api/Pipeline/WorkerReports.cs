using System.Collections.Concurrent;
using System.Text;

using Confluent.Kafka;

using SmartCity.Api.Configuration;
using SmartCity.Domain;

namespace SmartCity.Api.Pipeline;

/// <summary>Follows the topic on which workers report, and knows the latest word of each.</summary>
internal sealed class WorkerReports(ApiSettings settings, TimeProvider clock) : BackgroundService
{
    /// <summary>A worker that has been silent for longer is taken for dead.</summary>
    public static readonly TimeSpan AliveFor = 4 * WorkerReport.Interval;

    /// <summary>A dead worker is told of for this long.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    /// <summary>At a start this much of the topic's past is read: enough for the last word of a good many workers.</summary>
    private const int Past = 1000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, WorkerReport> _latest = new(StringComparer.Ordinal);

    /// <summary>The latest report of each worker of our application, by name.</summary>
    public IReadOnlyList<WorkerReport> Latest
    {
        get
        {
            var oldest = clock.GetUtcNow() - KeptFor;
            return [.. _latest.Values.Where(report => report.ReportedAt > oldest && report.ApplicationId == settings.Stream.ApplicationId).OrderBy(report => report.Worker, StringComparer.Ordinal)];
        }
    }

    public bool IsAlive(WorkerReport report) => clock.GetUtcNow() - report.ReportedAt < AliveFor;

    // librdkafka's calls block, so the loop has a thread of its own.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Factory.StartNew(
        () => Follow(stoppingToken), stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Follow(CancellationToken stoppingToken)
    {
        using var consumer = Build();
        var partition = new TopicPartition(settings.Kafka.Topics.Workers, 0);
        bool isAssigned = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!isAssigned)
                {
                    var bounds = consumer.QueryWatermarkOffsets(partition, Patience);
                    consumer.Assign(new TopicPartitionOffset(partition, Math.Max(bounds.Low.Value, bounds.High.Value - Past)));
                    isAssigned = true;
                }

                if (consumer.Consume(stoppingToken) is { } record)
                {
                    Note(record);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (KafkaException)
            {
                // No such topic yet, or nobody there: the API's view of Kafka says so elsewhere.
                stoppingToken.WaitHandle.WaitOne(Patience);
            }
        }
    }

    private void Note(ConsumeResult<byte[], byte[]?> record)
    {
        string worker = Encoding.UTF8.GetString(record.Message.Key ?? []);
        if (record.Message.Value is not { } value)
        {
            _latest.TryRemove(worker, out _);
        }
        else if (WorkerReport.FromJson(value) is { } report)
        {
            _latest[worker] = report;
        }
    }

    private IConsumer<byte[], byte[]?> Build() => new ConsumerBuilder<byte[], byte[]?>(new ConsumerConfig(settings.Kafka.Onlooker("smart-city-api-workers", "smart-city-api"))
    {
        AutoOffsetReset = AutoOffsetReset.Latest,
        QueuedMaxMessagesKbytes = 1024,
    })
    .SetLogHandler((_, _) => { })
    .SetErrorHandler((_, _) => { })
    .Build();
}
