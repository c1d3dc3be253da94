using System.Diagnostics.Metrics;

namespace SmartCity.Streams.Sinks;

/// <summary>The metrics of one sink, under its name as the tag <c>sink</c>. The meter is <see cref="MeterName"/>.</summary>
internal sealed class SinkMetrics : IDisposable
{
    /// <summary>The meter's name, for the exporter.</summary>
    public const string MeterName = "SmartCity.Sinks";

    private readonly Meter _meter = new(MeterName);
    private readonly KeyValuePair<string, object?> _tag;
    private readonly Counter<long> _rows;
    private readonly Counter<long> _retries;

    public SinkMetrics(string sink, Func<double> delaySeconds)
    {
        _tag = new("sink", sink);
        _rows = _meter.CreateCounter<long>("smartcity.sink.rows", "{row}", "Rows made safe");
        _retries = _meter.CreateCounter<long>("smartcity.sink.retries", "{attempt}", "Failed attempts that were tried again");
        _retries.Add(0, _tag); // on show from the start, so that the first one counts as a rise
        _meter.CreateObservableGauge("smartcity.sink.delay", () => new Measurement<double>(delaySeconds(), _tag), "s", "Age of the oldest record not yet safe");
    }

    public void Wrote(long rows) => _rows.Add(rows, _tag);

    public void Retried() => _retries.Add(1, _tag);

    public void Dispose() => _meter.Dispose();
}
