using SmartCity.Domain.Readings;

namespace SmartCity.Simulator.City;

/// <summary>
/// The simulated cities as an endless stream of records in the order in which they are sent. A pure function of its options: it knows no clock but the
/// simulated one, and the same options give the same bytes on every machine.
/// </summary>
internal sealed class CityModel
{
    private const long MsUs = 1000;

    // An outage takes the minutes 20 to 30 of each hour; what was held back follows within 20 s.
    private const long HourMs = 3_600_000;
    private const long OutageFromMs = 20 * 60_000;
    private const long OutageToMs = 30 * 60_000;
    private const double CatchUpUs = 20e6;

    private readonly CityOptions _options;
    private readonly Sensor[] _sensors;
    private readonly ulong[] _citySeeds;
    private readonly double[] _startUs;
    private readonly DueQueue _queue;
    private readonly Backlog _backlog = new();
    private readonly ReadingWriter _writer = new();
    private readonly double[] _values = new double[SensorTypes.MaxMetrics];

    /// <summary>Places the sensors. Throws <see cref="ArgumentException"/> with every error of the options.</summary>
    public CityModel(CityOptions options)
    {
        if (options.Errors() is { Count: > 0 } errors)
        {
            throw new ArgumentException(string.Join(' ', errors), nameof(options));
        }

        _options = options;
        _sensors = SensorPlan.Place(options);
        _citySeeds = [.. options.Cities.Select(c => Noise.Hash((ulong)options.Seed, c.Code.Aggregate(17UL, (hash, letter) => (hash * 31) + letter)))];
        _startUs = new double[_sensors.Length];
        _queue = new DueQueue(_sensors.Length + 64);
        var startMs = options.Start.ToUnixTimeMilliseconds();
        for (var i = 0; i < _sensors.Length; i++)
        {
            var sensor = _sensors[i];
            if (sensor.Type == SensorType.Parking)
            {
                Garage.Settle(sensor, options.Cities[sensor.City], startMs);
            }

            // Relative to the start: microseconds since the epoch would not leave a double its fraction.
            _startUs[i] = Noise.Uniform(Noise.Hash(sensor.Seed, 79)) * sensor.IntervalUs;
            Schedule(i, first: true);
        }
    }

    /// <summary>The sensors, for display and for tests.</summary>
    public IReadOnlyList<Sensor> Sensors => _sensors;

    /// <summary>When the next record is sent, microseconds since the Unix epoch; null when every sensor has fallen silent.</summary>
    public long? NextDueUs => _queue.Count == 0 ? null : _queue.First.DueUs;

    /// <summary>Takes the next record; there must be one.</summary>
    public Emission Next()
    {
        while (true)
        {
            var (dueUs, ticket) = _queue.First;
            if (ticket >= _sensors.Length)
            {
                _queue.RemoveFirst();
                var item = _backlog[ticket - _sensors.Length];
                _backlog.Release(ticket - _sensors.Length);
                return new Emission(dueUs, item.EventMs, item.Kind, RejectReason.None, item.Sensor.Key, item.Value);
            }

            if (TryMeasure(ticket, dueUs, out var emission))
            {
                return emission;
            }
        }
    }

    /// <summary>Makes a sensor's reading; false when it is kept for later.</summary>
    private bool TryMeasure(int index, long dueUs, out Emission emission)
    {
        var sensor = _sensors[index];
        var dice = new Dice(Noise.Hash(sensor.Seed, (ulong)sensor.Sequence));
        var eventMs = dueUs / MsUs;
        var state = CityState.At(_citySeeds[sensor.City], _options.Cities[sensor.City], eventMs, _options.Profile);
        Instruments.Measure(sensor, state, eventMs, ref dice, _values);
        var value = _writer.Write(sensor, eventMs, _values);

        sensor.Sequence++;
        Schedule(index, first: false);

        var fate = dice.Uniform() - _options.FaultFraction;
        if (fate < 0)
        {
            var reason = Fault.Reasons[dice.Below(Fault.Reasons.Count)];
            emission = new Emission(dueUs, eventMs, EmissionKind.Faulty, reason, sensor.Key, Fault.Spoil(value, sensor, eventMs, reason, ref dice));
            return true;
        }

        emission = new Emission(dueUs, eventMs, EmissionKind.OnTime, RejectReason.None, sensor.Key, value);
        if (_backlog.IsFull)
        {
            return true;
        }

        if (_options.Profile == Profile.Outage && OutageEndUs(sensor, eventMs) is { } backUs)
        {
            Keep(sensor, eventMs, EmissionKind.Late, backUs + (long)(CatchUpUs * dice.Uniform()), value);
            return false;
        }

        if ((fate -= _options.LateFraction) < 0)
        {
            Keep(sensor, eventMs, EmissionKind.Late, dueUs + (long)(_options.LateMax.TotalMicroseconds * dice.Uniform()), value);
            return false;
        }

        if (fate < _options.DuplicateFraction)
        {
            Keep(sensor, eventMs, EmissionKind.Duplicate, dueUs + (long)(50_000 + (2e6 * dice.Uniform())), value);
        }

        return true;
    }

    private void Keep(Sensor sensor, long eventMs, EmissionKind kind, long dueUs, ReadOnlySpan<byte> value) =>
        _queue.Add(dueUs, _sensors.Length + _backlog.Keep(sensor, eventMs, kind, value));

    /// <summary>Puts a sensor's next reading into the queue, within 2 % of its interval around the beat; in place of the one just taken unless it is the first.</summary>
    private void Schedule(int index, bool first)
    {
        var sensor = _sensors[index];
        var jitter = 0.02 * ((2 * Noise.Uniform(Noise.Hash(sensor.Seed + 80, (ulong)sensor.Sequence))) - 1);
        var sinceStartUs = _startUs[index] + ((sensor.Sequence + Math.Max(jitter, -_startUs[index] / sensor.IntervalUs)) * sensor.IntervalUs);
        var dueUs = (_options.Start.ToUnixTimeMilliseconds() * MsUs) + (long)Math.Max(0, sinceStartUs);
        var silent = dueUs >= sensor.SilentFromUs;
        if (first)
        {
            if (!silent)
            {
                _queue.Add(dueUs, index);
            }
        }
        else if (silent)
        {
            _queue.RemoveFirst();
        }
        else
        {
            _queue.ReplaceFirst(dueUs, index);
        }
    }

    /// <summary>The end of the outage that the sensor is in, or null.</summary>
    private long? OutageEndUs(Sensor sensor, long eventMs)
    {
        var hour = eventMs / HourMs;
        var within = eventMs - (hour * HourMs);
        return within is >= OutageFromMs and < OutageToMs && hour % _options.Cities.Count == sensor.City ? ((hour * HourMs) + OutageToMs) * MsUs : null;
    }
}
