using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SmartCity.Benchmarks.Recovery;

/// <summary>A worker process, and the partitions that it says it has.</summary>
internal sealed partial class MemberProcess : IDisposable
{
    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedSet<int>> _owned = new(StringComparer.Ordinal) { ["combine"] = [], ["windows"] = [] };
    private volatile bool _running;

    public MemberProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.BeginOutputReadLine();
    }

    /// <summary>All of its tasks are running.</summary>
    public bool IsRunning => _running && !_process.HasExited;

    /// <summary>The partitions of a stage.</summary>
    public IReadOnlyList<int> Owned(string stage)
    {
        lock (_gate)
        {
            return [.. _owned[stage]];
        }
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.WaitForExit();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("SMARTCITY_RECOVERY_LOG") is { Length: > 0 } log)
        {
            File.AppendAllText($"{log}.{_process.Id}", $"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {line}\n");
        }

        lock (_gate)
        {
            if (Change().Match(line) is { Success: true } change)
            {
                var owned = _owned[change.Groups["stage"].Value];
                var partitions = Partition().Matches(change.Groups["partitions"].Value).Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)).ToList();
                if (change.Groups["what"].Value == "was assigned")
                {
                    owned.UnionWith(partitions);
                }
                else
                {
                    owned.ExceptWith(partitions);
                }
            }
            else if (State().Match(line) is { Success: true } state)
            {
                _running = state.Groups[1].Value == "Running";
            }
        }
    }

    [GeneratedRegex(@"(?<stage>combine|windows)-\d+ (?<what>was assigned|gave up|lost) (?<partitions>.*)$")]
    private static partial Regex Change();

    [GeneratedRegex(@"\[\[?(\d+)\]\]?")]
    private static partial Regex Partition();

    [GeneratedRegex(@" goes from \w+ to (\w+)")]
    private static partial Regex State();
}
