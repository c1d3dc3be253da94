namespace SmartCity.Simulator.Feed;

/// <summary>
/// When a record that is due at some simulated time is sent by the clock on the wall. (The wall's clock and not a stopwatch: readings carry its time, and
/// a laptop that slept must catch up.)
/// </summary>
internal sealed class Pace
{
    private readonly TimeProvider _clock;
    private readonly long _startUs;
    private readonly DateTimeOffset _startedAt;
    private readonly double _speed;

    /// <summary>From now on, simulated time runs from <paramref name="startUs"/> at <paramref name="speed"/> times the speed of the clock; 0 = as fast as possible.</summary>
    public Pace(TimeProvider clock, long startUs, double speed)
    {
        (_clock, _startUs, _speed) = (clock, startUs, speed);
        _startedAt = clock.GetUtcNow();
    }

    /// <summary>How long it has run.</summary>
    public TimeSpan Elapsed => _clock.GetUtcNow() - _startedAt;

    /// <summary>How long to wait for what is due then; zero when it is time.</summary>
    public TimeSpan WaitFor(long dueUs)
    {
        if (_speed == 0)
        {
            return TimeSpan.Zero;
        }

        var wait = TimeSpan.FromMicroseconds((dueUs - _startUs) / _speed) - Elapsed;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }
}
