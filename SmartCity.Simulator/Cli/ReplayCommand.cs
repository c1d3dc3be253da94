using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

using SmartCity.Simulator.Feed;
using SmartCity.Simulator.Replay;

namespace SmartCity.Simulator.Cli;

/// <summary><c>replay FILE</c>: publishes a recording.</summary>
internal sealed class ReplayCommand : Command
{
    private readonly Argument<FileInfo> _file = new("FILE") { Description = "Readings, one JSON object a line in order of arrival; may be gzipped" };
    private readonly Option<double> _speed = Parsers.Number("--speed", "Times the recording's own speed; 0 = flat out", 1);
    private readonly Option<TimeSpan?> _duration = Parsers.Duration("--duration", "How long at most (default: the whole file)");
    private readonly Option<DateTimeOffset?> _rebase;
    private readonly KafkaOptions _kafka;

    public ReplayCommand(KafkaOptions kafka)
        : base("replay", "Publish recorded readings")
    {
        _kafka = kafka;
        _rebase = new("--rebase")
        {
            Description = "now (or a moment): move all timestamps there, so that the replay ends now if it is faster than the recording and begins now if not; otherwise each line is sent byte for byte",
            CustomParser = Rebase,
        };
        _file.AcceptExistingOnly();
        Arguments.Add(_file);
        Options.Add(_speed);
        Options.Add(_rebase);
        Options.Add(_duration);
        kafka.AddTo(this);
        SetAction(ReplayAsync);
    }

    private static DateTimeOffset? Rebase(ArgumentResult result)
    {
        var text = Parsers.Text(result);
        return text == "now" ? TimeProvider.System.GetUtcNow()
            : Parsers.TryMoment(text, out var moment) ? moment
            : Parsers.Fail<DateTimeOffset?>(result, "--rebase", "now or a moment such as 2026-01-15T14:00:00Z");
    }

    private async Task<int> ReplayAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var path = result.GetValue(_file)!.FullName;
        var speed = result.GetValue(_speed);
        var recording = Survey(path);
        if (recording.Readings == 0)
        {
            await Console.Error.WriteLineAsync($"{path} holds no valid reading. `validate` says why.");
            return Publication.UsageError;
        }

        var options = new ReplayOptions
        {
            Speed = speed,
            FirstMs = recording.FirstMs,
            ShiftMs = result.GetValue(_rebase) is { } moment ? recording.ShiftTo(moment.ToUnixTimeMilliseconds(), speed) : null,
            Duration = result.GetValue(_duration),
        };
        using var lines = LineReader.Open(path);
        return await Publication.RunAsync(
            _kafka.Read(result),
            _kafka.IsQuiet(result),
            (sink, statistics, stopping) => new FileReplay(lines, sink, statistics, options, TimeProvider.System).RunAsync(stopping),
            cancellationToken);
    }

    private static Recording Survey(string path)
    {
        using var lines = LineReader.Open(path);
        return Recording.Survey(lines, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
    }
}
