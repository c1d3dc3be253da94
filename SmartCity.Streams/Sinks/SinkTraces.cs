using System.Diagnostics;

using Confluent.Kafka;

using SmartCity.Domain.Telemetry;

namespace SmartCity.Streams.Sinks;

/// <summary>
/// The traces that what a sink holds belongs to, and the span of the work that makes it safe: in the trace of the first such record, with a link to each. The polling thread's own.
/// </summary>
internal sealed class SinkTraces(string sink, string group)
{
    /// <summary>The activity source's name, for the exporter.</summary>
    public const string SourceName = "SmartCity.Sinks";

    private const int MostLinks = 128;
    private static readonly ActivitySource Source = new(SourceName);

    private readonly List<ActivityLink> _held = [];
    private Activity? _running;

    /// <summary>Whether anybody listens; asked when a consumer is made, for only then do records come with their headers.</summary>
    public static bool IsWanted => Source.HasListeners();

    /// <summary>A record was taken.</summary>
    public void Took(Headers? headers)
    {
        if (_held.Count < MostLinks && TraceHeader.TryRead(headers, out var context))
        {
            _held.Add(new ActivityLink(context));
        }
    }

    /// <summary>Work on what was taken begins.</summary>
    public void Begin()
    {
        if (_held.Count == 0)
        {
            return;
        }

        _running = Source.StartActivity(
            ActivityKind.Consumer, _held[0].Context,
            [
                new("messaging.system", "kafka"),
                new("messaging.operation.name", "write"),
                new("messaging.operation.type", "process"),
                new("messaging.consumer.group.name", group),
                new("smartcity.sink", sink),
            ],
            [.. _held],
            name: $"write {sink}");
        Activity.Current = null; // the polling thread goes on with other things
        _held.Clear();
    }

    /// <summary>It has ended: so many rows are safe, or it was given up.</summary>
    public void End(long? rows)
    {
        if (_running is not { } span)
        {
            return;
        }

        _running = null;
        if (rows is null)
        {
            span.SetStatus(ActivityStatusCode.Error, "Given up: the partitions are another worker's.");
        }

        span.SetTag("smartcity.sink.rows", rows);
        span.Dispose();
        Activity.Current = null;
    }

    /// <summary>An attempt failed and is made again: said in the span, which goes on.</summary>
    public void Failed(Exception error) => _running?.AddException(error);

    /// <summary>What was held is forgotten: the records will be read again.</summary>
    public void Forget()
    {
        _held.Clear();
        End(rows: null);
    }
}
