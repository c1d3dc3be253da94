using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Streams.City;

/// <summary>
/// Emits each sensor's latest reading, at most one in <see cref="EmitInterval"/>, with the smoothed time between its readings. What it keeps is a cache: after a crash
/// the interval is learnt anew, and a status that was waiting is made up for by the sensor's next reading.
/// </summary>
internal sealed class SensorStatusProcessor : IProcessor<Unit, Reading, string, SensorStatus>
{
    /// <summary>The least time between two statuses of one sensor.</summary>
    public static readonly TimeSpan EmitInterval = TimeSpan.FromSeconds(10);

    /// <summary>
    /// More sensors than this are not kept between two commits. Those silent for <see cref="ForgetAfter"/> are forgotten first; where that is not enough, somebody makes
    /// ids up, and all are forgotten that have no status waiting.
    /// </summary>
    internal const int MostSensors = 200_000;

    private static readonly TimeSpan ForgetAfter = TimeSpan.FromHours(1);

    private const double NewestWeight = 0.2;

    private readonly Dictionary<string, Sensor> _sensors = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Sensor, long> _waiting = new();
    private IProcessorContext<string, SensorStatus> _context = null!;
    private long _lastMs;

    /// <summary>The sensors it knows.</summary>
    internal int Known => _sensors.Count;

    public void Init(IProcessorContext<string, SensorStatus> context) => _context = context;

    public void Process(in Record<Unit, Reading> record)
    {
        ref readonly var reading = ref record.Value;
        if (!_sensors.TryGetValue(reading.SensorId, out var sensor))
        {
            sensor = new Sensor { Latest = reading };
            _sensors.Add(reading.SensorId, sensor);
        }
        else
        {
            var sinceMs = reading.TimestampMs - sensor.Latest.TimestampMs;
            if (sinceMs < 0)
            {
                return;
            }

            if (sinceMs > 0)
            {
                sensor.IntervalMs = sensor.IntervalMs is { } interval ? ((1 - NewestWeight) * interval) + (NewestWeight * sinceMs) : sinceMs;
            }

            sensor.Latest = reading;
        }

        if (!sensor.Waits)
        {
            sensor.Waits = true;
            _waiting.Enqueue(sensor, sensor.NextEmitMs);
        }
    }

    public bool PunctuateDue(DateTimeOffset wallClock)
        => wallClock.ToUnixTimeMilliseconds() is var nowMs && _waiting.TryPeek(out _, out var dueMs) && (dueMs <= nowMs || nowMs < _lastMs);

    public void Punctuate(DateTimeOffset wallClock)
    {
        var nowMs = wallClock.ToUnixTimeMilliseconds();

        // By a clock that was set back what waits would be due too late, so it is due now.
        var isBack = nowMs < _lastMs;
        _lastMs = nowMs;
        while (_waiting.TryPeek(out var sensor, out var dueMs) && (dueMs <= nowMs || isBack))
        {
            _waiting.Dequeue();
            Emit(sensor, nowMs);
        }

        if (_sensors.Count > MostSensors)
        {
            Forget(silentSinceMs: nowMs - (long)ForgetAfter.TotalMilliseconds);
            if (_sensors.Count > MostSensors / 2)
            {
                Forget(silentSinceMs: long.MaxValue);
            }
        }
    }

    public void Close()
    {
        var nowMs = _context.WallClock.ToUnixTimeMilliseconds();
        while (_waiting.TryDequeue(out var sensor, out _))
        {
            Emit(sensor, nowMs);
        }
    }

    private void Emit(Sensor sensor, long nowMs)
    {
        sensor.Waits = false;
        sensor.NextEmitMs = nowMs + (long)EmitInterval.TotalMilliseconds;
        _context.Forward(new Record<string, SensorStatus>(
            sensor.Latest.SensorId, new SensorStatus(sensor.Latest, (long?)sensor.IntervalMs), sensor.Latest.TimestampMs));
    }

    private void Forget(long silentSinceMs)
    {
        foreach (var (id, sensor) in _sensors)
        {
            if (!sensor.Waits && sensor.NextEmitMs < silentSinceMs)
            {
                _sensors.Remove(id);
            }
        }
    }

    private sealed class Sensor
    {
        public required Reading Latest { get; set; }

        public double? IntervalMs { get; set; }

        public bool Waits { get; set; }

        public long NextEmitMs { get; set; }
    }
}
