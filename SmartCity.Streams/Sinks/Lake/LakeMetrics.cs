using System.Diagnostics.Metrics;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>The lake's own metrics, beside those that every sink has. The meter is <see cref="MeterName"/>.</summary>
internal sealed class LakeMetrics : IDisposable
{
    /// <summary>The meter's name, for the exporter.</summary>
    public const string MeterName = "SmartCity.Lake";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _objects;
    private readonly Histogram<long> _sizes;

    public LakeMetrics()
    {
        _objects = _meter.CreateCounter<long>("smartcity.lake.objects", "{object}", "Objects written");
        _sizes = _meter.CreateHistogram<long>("smartcity.lake.object.size", "By", "Sizes of objects written");
    }

    public void Wrote(string sink, int bytes)
    {
        var tag = new KeyValuePair<string, object?>("sink", sink);
        _objects.Add(1, tag);
        _sizes.Record(bytes, tag);
    }

    public void Dispose() => _meter.Dispose();
}
