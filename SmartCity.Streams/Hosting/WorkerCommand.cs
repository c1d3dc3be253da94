using SmartCity.Domain.Configuration;
using SmartCity.Streams.Lake;

namespace SmartCity.Streams.Hosting;

/// <summary>The worker's command line: without a verb it runs until it is told to stop; <c>migrate</c> brings the database's schema up to date, <c>reset</c> has everything computed again, <c>lake verify</c> compares the lake with the topic.</summary>
internal static class WorkerCommand
{
    private const int UsageExitCode = 2;

    private const string Usage = """
        usage: SmartCity.Streams [migrate | reset [--yes] | lake verify] [--KEY=VALUE …]

          (no verb)   run the worker until SIGTERM or Ctrl+C
          migrate     create the database where it is missing and bring its schema up to date
          reset       with every worker stopped: compute all windows again from the readings that Kafka still holds; without --yes it only says what it would do
          lake verify compare the raw lake with the sensors' topic, reading by reading, and name what is missing, doubled, changed, misplaced or damaged; changes nothing

        Settings come from appsettings.json, the environment (Streams__Threads=2) and the command line (--Streams:Threads=2), the last winning.
        Exit codes: 0 done, 1 a fault, 2 usage, 78 configuration.
        """;

    /// <summary>Runs and returns the process's exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var verb = args.Length > 0 && !args[0].StartsWith('-') ? args[0] : null;
        if (args.Any(argument => argument is "--help" or "-h" or "-?"))
        {
            await Console.Out.WriteLineAsync(Usage);
            return 0;
        }

        try
        {
            switch (verb)
            {
                case null:
                    return await WorkerHost.RunAsync(WorkerHost.Build(args));
                case "migrate":
                    return await MigrateCommand.RunAsync(args[1..]);
                case "reset":
                    return await ResetCommand.RunAsync(args[1..]);
                case "lake" when args is [_, "verify", ..]:
                    return await LakeCommand.VerifyAsync(args[2..], Console.Out, Console.Error, CancellationToken.None);
                default:
                    await Console.Error.WriteLineAsync($"{verb} is no verb of the worker.{Environment.NewLine}{Usage}");
                    return UsageExitCode;
            }
        }
        catch (ConfigurationException error)
        {
            error.WriteTo(Console.Error);
            return ConfigurationException.ExitCode;
        }
    }
}
