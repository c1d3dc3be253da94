using System.Globalization;
using System.Text;

using Confluent.Kafka;

using SmartCity.Domain;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Hosting;
using SmartCity.Streams.Kafka;
using SmartCity.Streams.Sinks;

namespace SmartCity.Streams.Health;

/// <summary>
/// Publishes a <see cref="WorkerReport"/> every few seconds. Nothing depends on it: a report that Kafka does not take is dropped, and the next one tells more.
/// </summary>
internal sealed class WorkerReporter(
    WorkerSettings settings, TopicSetup topics, WorkerHealth health, WorkerStatus status, IEnumerable<IWorkerPart> parts, TimeProvider clock) : BackgroundService
{
    private readonly string _worker = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}");
    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await topics.ReadyAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        using var producer = Build();
        using var timer = new PeriodicTimer(WorkerReport.Interval, clock);
        try
        {
            do
            {
                Send(producer, Report().ToJson());
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // A clean end: nobody shall look for this worker.
            Send(producer, null);
            producer.Flush(TimeSpan.FromSeconds(1));
        }
    }

    private WorkerReport Report()
    {
        var report = health.Report();
        return new WorkerReport(
            _worker, _startedAt, clock.GetUtcNow(), settings.Streams.ApplicationId, report.Status,
            [.. Enum.GetValues<WorkerRoles>().Where(role => role is not (WorkerRoles.None or WorkerRoles.All) && settings.Streams.Roles.HasFlag(role)).Select(role => role.ToString().ToLowerInvariant())],
            [.. report.Parts.Select(part => new WorkerReport.Part(part.Key, part.Value, status.Failed.GetValueOrDefault(part.Key)))],
            [.. parts.OfType<SinkPart>().Select(part => Sink(part, status.Failed.GetValueOrDefault(part.Name)))],
            report.Warnings,
            settings.Database is null ? [] : [.. settings.Alerts.Rules.Select(rule => rule.ToJson())]);
    }

    private static WorkerReport.Sink Sink(SinkPart part, string? fault)
    {
        var sink = part.Status;
        return new WorkerReport.Sink(
            part.Name, fault is null ? part.State : "failed", sink?.Delay.TotalSeconds ?? 0, sink?.LastError ?? fault, sink?.LastErrorAt);
    }

    private void Send(IProducer<byte[], byte[]?> producer, byte[]? value)
    {
        try
        {
            producer.Produce(settings.Kafka.Topics.Workers, new Message<byte[], byte[]?> { Key = Encoding.UTF8.GetBytes(_worker), Value = value });
        }
        catch (KafkaException)
        {
            // The next report tells more.
        }
    }

    private IProducer<byte[], byte[]?> Build() => new ProducerBuilder<byte[], byte[]?>(new ProducerConfig(new Dictionary<string, string>(settings.Kafka.ClientProperties))
    {
        ClientId = settings.Streams.ApplicationId + "-reports",
        MessageTimeoutMs = (int)WorkerReport.Interval.TotalMilliseconds,
        QueueBufferingMaxKbytes = 1024,
    })
    .SetErrorHandler((_, _) => { })
    .SetLogHandler((_, _) => { })
    .Build();
}
