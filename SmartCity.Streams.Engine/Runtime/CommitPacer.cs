namespace SmartCity.Streams.Engine.Runtime;

/// <summary>
/// Decides when to commit. At rest every <c>CommitInterval</c>, for low latency; while there is a backlog the interval grows until commits cost less than
/// five per cent of the time, or <c>MaxCommitInterval</c> is reached.
/// </summary>
internal sealed class CommitPacer
{
    private const double CostShare = 0.05;

    private readonly TimeProvider _clock;
    private readonly TimeSpan _atRest;
    private readonly TimeSpan _longest;
    private TimeSpan _interval;
    private long _last;
    private double _costMs;
    private bool _rested = true;

    public CommitPacer(TimeSpan atRest, TimeSpan longest, TimeProvider clock)
    {
        _clock = clock;
        _atRest = _interval = atRest;
        _longest = longest < atRest ? atRest : longest;
        _last = clock.GetTimestamp();
    }

    /// <summary>Time until the next commit is due; zero or less when it is.</summary>
    public TimeSpan Remaining => _interval - _clock.GetElapsedTime(_last);

    /// <summary>The consumer had nothing to hand out: there is no backlog.</summary>
    public void Rest() => _rested = true;

    /// <summary>A commit was made.</summary>
    public void Committed(TimeSpan cost)
    {
        _costMs = _costMs == 0 ? cost.TotalMilliseconds : (0.7 * _costMs) + (0.3 * cost.TotalMilliseconds);
        var wanted = _rested ? _atRest.TotalMilliseconds : Math.Max(_costMs / CostShare, 2 * _interval.TotalMilliseconds);
        _interval = TimeSpan.FromMilliseconds(Math.Clamp(wanted, _atRest.TotalMilliseconds, _longest.TotalMilliseconds));
        _rested = false;
        _last = _clock.GetTimestamp();
    }
}
