using System.Text;

using SmartCity.Domain.Readings;
using SmartCity.Simulator.City;
using SmartCity.Simulator.Feed;

namespace SmartCity.Simulator.Replay;

/// <summary>How a file is replayed.</summary>
internal sealed record ReplayOptions
{
    /// <summary>Times the speed of the recording; 0 = as fast as possible.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>How far every timestamp is moved, ms; null sends each line byte for byte.</summary>
    public long? ShiftMs { get; init; }

    /// <summary>The event time at which the replay's clock begins, ms.</summary>
    public required long FirstMs { get; init; }

    /// <summary>How long to go on; null = to the end of the file.</summary>
    public TimeSpan? Duration { get; init; }
}

/// <summary>
/// Sends a file of readings, one a line, in the order of the file (the order in which they once arrived): each when the latest event time so far is
/// reached. Blank lines are skipped; lines that are no valid reading are sent as they are, since they belong to the recording.
/// </summary>
internal sealed class FileReplay(LineReader lines, IReadingSink sink, FeedStatistics statistics, ReplayOptions options, TimeProvider clock)
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly ReadingParser _parser = new(new ReadingRules());
    private readonly byte[] _key = new byte[4096];

    /// <summary>Runs to the end of the file, until the duration is over, or it is cancelled (which is no error).</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pace = new Pace(clock, options.FirstMs * 1000, options.Speed);
        var playedMs = options.FirstMs;
        try
        {
            while (!cancellationToken.IsCancellationRequested && TryTake(ref playedMs, out var next))
            {
                for (var wait = pace.WaitFor(playedMs * 1000); wait >= ShortestWait; wait = pace.WaitFor(playedMs * 1000))
                {
                    if (pace.Elapsed + wait > options.Duration)
                    {
                        return;
                    }

                    await Task.Delay(wait < LongestWait ? wait : LongestWait, clock, cancellationToken);
                }

                if (pace.Elapsed > options.Duration)
                {
                    return;
                }

                Send(next, playedMs, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Being stopped is no failure.
        }
    }

    /// <summary>The next line that is not blank; moves the replay's clock to it if it is a valid reading later than all before.</summary>
    private bool TryTake(ref long playedMs, out Line next)
    {
        while (lines.TryRead(out var line))
        {
            if (line.Trim(" \t\r"u8).IsEmpty)
            {
                continue;
            }

            var valid = _parser.TryParse(line, clock.GetUtcNow().ToUnixTimeMilliseconds(), out var reading, out _);
            if (valid)
            {
                playedMs = Math.Max(playedMs, reading.TimestampMs);
            }

            var scan = LineScan.Of(line);
            next = new Line(scan.SensorId, (options.ShiftMs is { } shift ? scan.Moved(line, shift) : line).ToArray(), valid);
            return true;
        }

        next = default;
        return false;
    }

    private void Send(Line next, long playedMs, CancellationToken cancellationToken)
    {
        // A name longer than this is rejected downstream whatever its key.
        var key = next.SensorId is { } id && Encoding.UTF8.TryGetBytes(id, _key, out var length) ? _key.AsSpan(0, length) : default;
        sink.Send(key, next.Value, cancellationToken);
        statistics.CountSent(next.Valid ? EmissionKind.OnTime : EmissionKind.Faulty, next.Value.Length, playedMs + (options.ShiftMs ?? 0));
    }

    private readonly record struct Line(string? SensorId, byte[] Value, bool Valid);
}
