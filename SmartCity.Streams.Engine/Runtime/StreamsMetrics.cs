using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>
/// The engine's instruments, on the meter <c>SmartCity.Streams.Engine</c>; the names begin with the configured prefix. Labels are topics, partitions,
/// stages and reasons: never what readings carry.
/// </summary>
internal sealed class StreamsMetrics : IDisposable
{
    public const string MeterName = "SmartCity.Streams.Engine";

    private readonly Meter _meter = new(MeterName);
    private readonly ConcurrentDictionary<InputMeter, bool> _inputs = new();
    private readonly ConcurrentDictionary<WindowMeter, bool> _windows = new();
    private readonly TimeProvider _clock;
    private readonly Histogram<double> _commits;

    public StreamsMetrics(string prefix, TimeProvider clock)
    {
        _clock = clock;
        Records = _meter.CreateCounter<long>($"{prefix}.readings", "{reading}", "Records read from the source topics");
        Late = _meter.CreateCounter<long>($"{prefix}.readings.late", "{reading}", "Records that counted in no window any more");
        DeadLettered = _meter.CreateCounter<long>($"{prefix}.readings.dead_lettered", "{reading}", "Records that were refused, by reason");
        Rows = _meter.CreateCounter<long>($"{prefix}.rows", "{row}", "Rows emitted");
        PartialsForFinal = _meter.CreateCounter<long>($"{prefix}.partials_for_final", "{partial}", "Partials that came for a final window; must stay 0");
        _commits = _meter.CreateHistogram<double>($"{prefix}.commit.duration", "s", "Time that a commit took");
        _meter.CreateObservableGauge($"{prefix}.input.lag", ObserveLag, "{record}", "Records not yet read, by input partition");
        _meter.CreateObservableGauge($"{prefix}.input.stream_time.delay", ObserveStreamTime, "s", "Wall clock minus stream time, by input partition: the largest holds the watermark back");
        _meter.CreateObservableGauge($"{prefix}.watermark.delay", ObserveWatermark, "s", "Wall clock minus watermark, the largest of this worker's tasks");
        _meter.CreateObservableGauge($"{prefix}.watermark.holder", ObserveHolder, description: "Index of the input partition that holds the watermark back, by repartition partition");
        _meter.CreateObservableGauge($"{prefix}.restore.remaining", () => Windows.Sum(w => w.RestoreRemaining), "{record}", "Changelog records still to be restored");
        _meter.CreateObservableGauge($"{prefix}.state.size", () => _windows.Keys.Sum(w => w.StateBytes), "By", "Size of the local state stores");
        _meter.CreateObservableGauge($"{prefix}.tasks", ObserveTasks, "{task}", "Tasks by state");
    }

    public Counter<long> Records { get; }

    public Counter<long> Late { get; }

    public Counter<long> DeadLettered { get; }

    public Counter<long> Rows { get; }

    public Counter<long> PartialsForFinal { get; }

    public IEnumerable<InputTaskStatus> Inputs => _inputs.Keys.Select(i => i.Status).OfType<InputTaskStatus>();

    public IEnumerable<WindowTaskStatus> Windows => _windows.Keys.Select(w => w.Status).OfType<WindowTaskStatus>();

    public InputMeter Input(InputPartition input)
    {
        var meter = new InputMeter(this, input);
        _inputs[meter] = true;
        return meter;
    }

    public WindowMeter Window(int partition)
    {
        var meter = new WindowMeter(this);
        meter.Publish(new WindowTaskStatus(partition, true, 0, null, -1, 0, 0, 0), 0, null);
        _windows[meter] = true;
        return meter;
    }

    public void Remove(InputMeter meter) => _inputs.TryRemove(meter, out _);

    public void Remove(WindowMeter meter) => _windows.TryRemove(meter, out _);

    public void CommitTook(string stage, TimeSpan time) => _commits.Record(time.TotalSeconds, new KeyValuePair<string, object?>("stage", stage));

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?>[] Tags(InputTaskStatus input) => [new("topic", input.Topic), new("partition", input.Partition)];

    private IEnumerable<Measurement<long>> ObserveLag() =>
        Inputs.Where(i => i.Lag is not null).Select(i => new Measurement<long>(i.Lag!.Value, Tags(i)));

    private IEnumerable<Measurement<double>> ObserveStreamTime()
    {
        var now = _clock.GetUtcNow();
        return Inputs.Where(i => i.StreamTime is not null).Select(i => new Measurement<double>((now - i.StreamTime!.Value).TotalSeconds, Tags(i)));
    }

    private IEnumerable<Measurement<double>> ObserveWatermark()
    {
        var oldest = Windows.Min(w => w.Watermark);
        return oldest is { } time ? [new Measurement<double>((_clock.GetUtcNow() - time).TotalSeconds)] : [];
    }

    private IEnumerable<Measurement<int>> ObserveHolder() =>
        Windows.Where(w => w.WatermarkHolder >= 0).Select(w => new Measurement<int>(w.WatermarkHolder, new KeyValuePair<string, object?>("partition", w.Partition)));

    private IEnumerable<Measurement<int>> ObserveTasks()
    {
        var restoring = Windows.Count(w => w.Restoring);
        yield return new Measurement<int>(Inputs.Count() + Windows.Count() - restoring, new KeyValuePair<string, object?>("state", "running"));
        yield return new Measurement<int>(restoring, new KeyValuePair<string, object?>("state", "restoring"));
    }
}
