using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Windows;

/// <summary>
/// When a window task sends the rows of open windows that changed: once in the emission interval, so that what is read is soon seen; less often where so many windows change
/// that their rows would be more work than the readings; and five times as seldom while a backlog is drained, whose rows are superseded at once. Final rows do not wait for it.
/// </summary>
internal sealed class EmissionPacer(TimeSpan interval, TimeProvider clock)
{
    /// <summary>The rows of open windows that a task sends in a second, at most: the interval grows with what the last emission sent.</summary>
    internal const int RowsPerSecond = 3_000;

    /// <summary>Event time that runs so many times as fast as the clock, and is so far behind it, is a backlog.</summary>
    private const int BacklogPace = 10;
    private const int BacklogInterval = 5;
    private static readonly TimeSpan s_backlog = TimeSpan.FromMinutes(15);

    private TimeSpan _forRows;
    private long _beganAt = clock.GetTimestamp(); // as the clock counts, not by the time of day, which may be set back
    private long _watermarkMs = CombineTask.NoStreamTime;

    /// <summary>True when the next emission is due, with the watermark as it is now.</summary>
    public bool IsDue(long watermarkMs)
    {
        // Without an interval every change is told with its commit, also by a clock that stands still, as a test's does.
        if (interval == TimeSpan.Zero)
        {
            return true;
        }

        var since = clock.GetElapsedTime(_beganAt);
        var least = _forRows > interval ? _forRows : interval;
        return since >= least && (since >= BacklogInterval * least || !IsBacklog(watermarkMs, since));
    }

    /// <summary>An emission begins, of so many rows.</summary>
    public void Begin(long watermarkMs, int rows)
    {
        _beganAt = clock.GetTimestamp();
        _watermarkMs = watermarkMs;
        _forRows = TimeSpan.FromSeconds((double)rows / RowsPerSecond);
    }

    private bool IsBacklog(long watermarkMs, TimeSpan since) =>
        _watermarkMs != CombineTask.NoStreamTime
        && watermarkMs - _watermarkMs > BacklogPace * since.TotalMilliseconds
        && clock.GetUtcNow().ToUnixTimeMilliseconds() - watermarkMs > s_backlog.TotalMilliseconds;
}
