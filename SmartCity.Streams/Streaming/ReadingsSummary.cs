using System.Globalization;

using SmartCity.Streams.Engine;

namespace SmartCity.Streams.Streaming;

/// <summary>One line a minute about the readings, in the place of a line a reading.</summary>
internal sealed partial class ReadingsSummary(TimeProvider clock, ILogger<ReadingsSummary> logger)
{
    private readonly Dictionary<(string Topic, int Partition), (long Records, long Late, long DeadLettered)> _before = [];

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(Func<StreamsStatus> status, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                Summarize(status());
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private void Summarize(StreamsStatus status)
    {
        var (records, late, deadLettered) = (0L, 0L, 0L);
        long? lag = null;
        foreach (var input in status.Inputs)
        {
            var key = (input.Topic, input.Partition);
            var before = _before.GetValueOrDefault(key);

            // A task that came back to this worker counts from zero again.
            before = before.Records > input.Records ? default : before;
            records += input.Records - before.Records;
            late += input.Late - before.Late;
            deadLettered += input.DeadLettered - before.DeadLettered;
            lag = input.Lag is { } more ? (lag ?? 0) + more : lag;
            _before[key] = (input.Records, input.Late, input.DeadLettered);
        }

        if (status.Inputs.Count > 0)
        {
            Readings(records, late, deadLettered, status.Inputs.Count, lag?.ToString(CultureInfo.InvariantCulture) ?? "unknown");
        }

        if (status.Windows.Count > 0)
        {
            Windows(status.Windows.Sum(window => window.OpenWindows), status.Windows.Min(window => window.Watermark)?.ToString("u", CultureInfo.InvariantCulture) ?? "none yet");
        }
    }

    [LoggerMessage(3001, LogLevel.Information,
        "Last minute: {Records} readings, {Late} of them late, {DeadLettered} to the dead letters, from {Partitions} partition(s); records still to read: {Lag}")]
    private partial void Readings(long records, long late, long deadLettered, int partitions, string lag);

    [LoggerMessage(3002, LogLevel.Information, "Open windows: {Open}; watermark: {Watermark}")]
    private partial void Windows(long open, string watermark);
}
