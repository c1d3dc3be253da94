using SmartCity.Simulator.City;

namespace SmartCity.Simulator.Feed;

/// <summary>How long a feed goes on.</summary>
internal sealed record FeedOptions
{
    /// <summary>The moment in simulated time that stands for now: what is due before it is sent at once (the history), the rest as its time comes.</summary>
    public required DateTimeOffset LiveFrom { get; init; }

    /// <summary>How long to go on after that; null = until stopped.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>True when the city is faster than any broker: <see cref="Duration"/> is then measured on the wall, since simulated time falls behind.</summary>
    public bool FlatOut { get; init; }

    /// <summary>Asked now and then before more is sent, given the number sent: what it waits for, the feed waits for. For brokers that forget what is not read in time.</summary>
    public Func<long, CancellationToken, ValueTask>? Gate { get; init; }

    /// <summary>The records between two such questions.</summary>
    public int GateEvery { get; init; } = 2000;
}

/// <summary>Sends what a <see cref="CityModel"/> makes, each record when it is due.</summary>
internal sealed class CityFeed(CityModel model, IReadingSink sink, FeedStatistics statistics, FeedOptions options, TimeProvider clock)
{
    // Waits shorter than the timer's grain are not worth a timer; and one long wait would not notice that the machine slept.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private const int FlatOutBurst = 1000;

    /// <summary>Runs until the duration is over, every sensor is silent, or it is cancelled (which is no error).</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var liveUs = options.LiveFrom.ToUnixTimeMilliseconds() * 1000;
        var endUs = options is { Duration: { } duration, FlatOut: false } ? liveUs + (long)duration.TotalMicroseconds : long.MaxValue;
        var pace = new Pace(clock, liveUs, speed: 1);
        var gateAt = options.Gate is null ? long.MaxValue : options.GateEvery;
        try
        {
            while (!cancellationToken.IsCancellationRequested && model.NextDueUs is { } next && next < endUs)
            {
                if (options.FlatOut && pace.Elapsed >= options.Duration)
                {
                    return;
                }

                var wait = SendDue(pace, endUs, gateAt, cancellationToken);
                if (options.Gate is { } gate && statistics.Sent >= gateAt)
                {
                    await gate(statistics.Sent, cancellationToken);
                    gateAt = statistics.Sent + options.GateEvery;
                }

                if (wait >= ShortestWait)
                {
                    await Task.Delay(wait < LongestWait ? wait : LongestWait, clock, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Being stopped is how most runs end.
        }
    }

    /// <summary>Sends what is due, at most a burst; returns how long to wait for the next.</summary>
    private TimeSpan SendDue(Pace pace, long endUs, long gateAt, CancellationToken cancellationToken)
    {
        for (var i = 0; i < FlatOutBurst && model.NextDueUs is { } due && due < endUs && statistics.Sent < gateAt; i++)
        {
            if (pace.WaitFor(due) is var wait && wait >= ShortestWait)
            {
                return wait;
            }

            var emission = model.Next();
            sink.Send(emission.Key, emission.Value, cancellationToken);
            statistics.CountSent(emission.Kind, emission.Value.Length, emission.DueUs / 1000);
        }

        return TimeSpan.Zero;
    }
}
