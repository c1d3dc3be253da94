using System.Diagnostics;
using System.Runtime.InteropServices;

using SmartCity.Tests.Support;

namespace SmartCity.Tests.Servers;

/// <summary>
/// A process that this test run started and that never outlives it: a small shell sits between the two and kills the process when its end of a pipe
/// closes, which the kernel does however this run ends. Its output is kept.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    public const int SigTerm = 15;
    public const int SigKill = 9;
    public const int SigQuit = 3;
    public const int SigStop = 19;
    public const int SigCont = 18;

    // $1 = the signal that ends the process, $2 = a folder to remove after a crash of the test run (or empty), then the command.
    // After exec the process has this shell's id and is the watcher's parent; once it is gone the watcher has another parent and kills nobody.
    private const string Watched = """
        signal=$1 scratch=$2; shift 2
        exec 3<&0 </dev/null
        (
          if ! read -r goodbye <&3; then
            parent=$$
            if [ -r /proc/self/stat ]; then read -r me name state parent rest < /proc/self/stat; fi
            [ "$parent" != "$$" ] || kill -"$signal" "$$"
            [ -z "$scratch" ] || rm -rf -- "$scratch"
          fi
        ) >/dev/null 2>&1 &
        exec 3<&-
        exec "$@"
        """;

    private readonly Process _process;
    private readonly List<string> _output = [];
    private bool _disposed;

    private ChildProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Everything it has written so far, both streams.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <summary>Starts <paramref name="command"/>. <paramref name="scratch"/> is removed when the test run dies without disposing.</summary>
    public static ChildProcess Start(
        IEnumerable<string> command, IReadOnlyDictionary<string, string>? environment = null, string? scratch = null, int endWith = SigKill)
    {
        var info = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (string argument in (string[])["-c", Watched, "watched", $"{endWith}", scratch ?? "", .. command])
        {
            info.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[name] = value;
        }

        return new ChildProcess(Process.Start(info) ?? throw new InvalidOperationException("The process did not start."));
    }

    /// <summary>Runs a command to its end and returns its output; throws when it fails.</summary>
    public static async Task<string> RunAsync(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null)
    {
        await using ChildProcess process = Start(command, environment);
        await process.EndsAsync(TimeSpan.FromMinutes(10));
        return process.ExitCode == 0
            ? process.Output
            : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}:\n{process.Output}");
    }

    /// <summary>Sends a signal; nothing happens when the process has ended.</summary>
    public void Signal(int signal)
    {
        if (!HasExited)
        {
            _ = SendSignal(Id, signal);
        }
    }

    /// <summary>Sends a signal that ends the process, and waits for the end.</summary>
    public Task EndAsync(int signal = SigKill)
    {
        Signal(signal);
        return EndsAsync();
    }

    /// <summary>Waits until the process has ended and all it wrote is here.</summary>
    public async Task EndsAsync(TimeSpan? within = null)
    {
        await Eventually.IsTrueAsync(() => HasExited, $"process {Id} ends\n{Output}", within);
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits until <paramref name="ready"/>; fails at once, with the output, when the process ends before.</summary>
    public Task BecomesAsync(Func<Task<bool>> ready, string what, TimeSpan? within = null)
        => Eventually.IsTrueAsync(
            async () => HasExited ? throw new InvalidOperationException($"It ended with {ExitCode} before this: {what}\n{Output}") : await ready(),
            what,
            within);

    /// <summary>Waits until the output contains <paramref name="text"/>.</summary>
    public Task WritesAsync(string text, TimeSpan? within = null)
        => BecomesAsync(() => Task.FromResult(Output.Contains(text, StringComparison.Ordinal)), $"output contains '{text}'", within);

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await EndAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync("goodbye");
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The watcher is gone already.
        }

        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is not null)
        {
            lock (_output)
            {
                _output.Add(line.Data);
            }
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int processId, int signal);
}
