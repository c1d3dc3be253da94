using System.Globalization;

using SmartCity.Domain.Readings;
using SmartCity.Simulator.Feed;

namespace SmartCity.Simulator.Cli;

/// <summary>Shows how a run goes: on a terminal one line that changes, elsewhere a line every five seconds; at the end a summary.</summary>
internal sealed class ProgressDisplay(FeedStatistics statistics, TextWriter output, bool isTerminal, TimeProvider clock)
{
    private static readonly TimeSpan TerminalPeriod = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LinePeriod = TimeSpan.FromSeconds(5);

    private readonly long _startedAt = clock.GetTimestamp();
    private long _lastAt = clock.GetTimestamp();
    private long _lastAcknowledged;
    private int _width;

    /// <summary>Shows until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(isTerminal ? TerminalPeriod : LinePeriod, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                Show(Line());
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    /// <summary>Says what the whole run did.</summary>
    public void Finish()
    {
        if (_width > 0)
        {
            output.Write("\r" + new string(' ', _width) + "\r");
        }

        var seconds = clock.GetElapsedTime(_startedAt).TotalSeconds;
        output.WriteLine(Text($"{statistics.Acknowledged:n0} of {statistics.Sent:n0} records acknowledged in {seconds:n1} s ({statistics.Acknowledged / Math.Max(seconds, 0.001):n0}/s); {Parts()}"));
        if (statistics.Failed > 0)
        {
            output.WriteLine(Text($"{statistics.Failed:n0} could not be delivered: {statistics.LastError}"));
        }
    }

    private void Show(string line)
    {
        if (!isTerminal)
        {
            output.WriteLine(line);
            return;
        }

        output.Write("\r" + line.PadRight(_width));
        _width = line.Length;
    }

    private string Line()
    {
        var acknowledged = statistics.Acknowledged;
        var rate = (acknowledged - _lastAcknowledged) / Math.Max(clock.GetElapsedTime(_lastAt).TotalSeconds, 0.001);
        (_lastAt, _lastAcknowledged) = (clock.GetTimestamp(), acknowledged);
        var error = statistics.LastError is { } text ? $"; {text}" : "";
        return Text($"{Rfc3339.Format(statistics.DueMs / 1000 * 1000)}  {rate:n0}/s  acknowledged {acknowledged:n0}  {Parts()}  errors {statistics.Failed:n0}{error}");
    }

    private string Parts() => Text($"late {statistics.Late:n0}, faulty {statistics.Faulty:n0}, duplicates {statistics.Duplicates:n0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
