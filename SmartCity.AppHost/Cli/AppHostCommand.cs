using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;

using SmartCity.AppHost.Hosting;
using SmartCity.Domain.Configuration;
using SmartCity.Simulator.Cli;

namespace SmartCity.AppHost.Cli;

/// <summary>The program's options, and a run of the platform from start to stop.</summary>
internal static class AppHostCommand
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int UsageError = 2;

    // One Ctrl+C may arrive twice, from the terminal and from a parent process; a second one after this means at once.
    private static readonly TimeSpan Insistence = TimeSpan.FromSeconds(1);

    /// <summary>Runs until SIGINT or SIGTERM, or until <paramref name="stop"/> is cancelled; returns the exit code: 0 stopped, 1 a part failed, 2 wrong usage, 78 wrong configuration.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors, CancellationToken stop)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var port = new Option<int>("--port") { Description = "The port of dashboard and API; if it is taken, the next free one", DefaultValueFactory = _ => 8000 };
        var rate = Parsers.Number("--rate", "Readings per second", 20);
        var sensors = new Option<int>("--sensors") { Description = "How many sensors", DefaultValueFactory = _ => 200 };
        var history = Parsers.Duration("--history", "Readings of so long before now come first (default: 2h)");
        var keep = new Option<string?>("--keep") { Description = "A new folder for database, lake and log, which stays; otherwise a temporary one" };
        var noSimulator = new Option<bool>("--no-simulator") { Description = "No simulated city: publish to the broker or post to /ingest yourself" };
        var open = new Option<bool>("--open") { Description = "Open the dashboard in the browser" };
        var root = new RootCommand("The whole Smart City platform in one process: broker, worker, database, lake, API, dashboard and a simulated city.")
        {
            port, rate, sensors, history, keep, noSimulator, open,
        };
        root.SetAction((result, cancellationToken) => RunAsync(
            new PlatformOptions
            {
                Port = result.GetValue(port),
                Rate = result.GetValue(rate),
                Sensors = result.GetValue(sensors),
                History = result.GetValue(history) ?? TimeSpan.FromHours(2),
                Keep = result.GetValue(keep),
                Simulate = !result.GetValue(noSimulator),
            },
            result.GetValue(open),
            startedAt,
            output,
            errors,
            cancellationToken));

        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await errors.WriteLineAsync(error.Message);
            }

            return UsageError;
        }

        // Signals are handled below, all in one way.
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output, Error = errors }, stop);
    }

    private static async Task<int> RunAsync(PlatformOptions options, bool open, long startedAt, TextWriter output, TextWriter errors, CancellationToken stop)
    {
        if (options.Errors() is { Count: > 0 } wrong)
        {
            foreach (var error in wrong)
            {
                await errors.WriteLineAsync(error);
            }

            return UsageError;
        }

        var clock = TimeProvider.System;
        var stoppedAt = 0L;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var banner = new Banner(output, clock, startedAt);
        var platform = new Platform(options, banner, clock);
        var code = Success;
        try
        {
            await platform.StartAsync(stopping.Token);
            if (open)
            {
                Browser.Open($"http://localhost:{platform.Port}/");
            }

            await platform.RunAsync(stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped while it was starting.
        }
        catch (PlatformException e)
        {
            banner.Failed(e.Part, e.Message, platform.Folder?.Log);
            code = Failure;
        }
        catch (ConfigurationException e)
        {
            e.WriteTo(errors);
            code = ConfigurationException.ExitCode;
        }

        banner.Stopping();
        var since = clock.GetTimestamp();
        await platform.DisposeAsync();
        banner.Stopped(clock.GetElapsedTime(since), options.Keep);
        return code;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (!stopping.IsCancellationRequested)
            {
                stoppedAt = clock.GetTimestamp();
                stopping.Cancel();
            }
            else if (clock.GetElapsedTime(stoppedAt) > Insistence)
            {
                Environment.Exit(128 + (signal.Signal == PosixSignal.SIGINT ? 2 : 15));
            }
        }
    }
}
