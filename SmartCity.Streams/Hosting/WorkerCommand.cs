using System.Globalization;
using System.Text;

using SmartCity.Domain.Configuration;
using SmartCity.Streams.Housekeeping;
using SmartCity.Streams.Lake;
using SmartCity.Streams.Lake.Compaction;
using SmartCity.Streams.Replay;

namespace SmartCity.Streams.Hosting;

/// <summary>The worker's command line: without a verb it runs until it is told to stop.</summary>
internal static class WorkerCommand
{
    private const int UsageExitCode = 2;

    private static readonly IReadOnlyList<Verb> Verbs = [MigrateCommand.Verb, ResetCommand.Verb, LakeCompactCommand.Verb, LakeVerifyCommand.Verb, ReplayCommand.Verb, HousekeepCommand.Verb];

    /// <summary>Runs and returns the process's exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Any(argument => argument is "--help" or "-h" or "-?"))
        {
            await Console.Out.WriteLineAsync(Usage());
            return 0;
        }

        try
        {
            if (args.Length == 0 || args[0].StartsWith('-'))
            {
                return await WorkerHost.RunAsync(WorkerHost.Build(args));
            }

            var words = args.TakeWhile(argument => !argument.StartsWith('-')).ToList();
            Verb verb = Verbs.Where(verb => words.Take(WordsOf(verb)).SequenceEqual(verb.Name.Split(' '))).MaxBy(WordsOf)
                ?? throw new UsageException($"{string.Join(' ', words)} is no verb of the worker.{Environment.NewLine}{Usage()}");
            return await verb.RunAsync(new VerbLine(verb, args[WordsOf(verb)..]));
        }
        catch (UsageException error)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return UsageExitCode;
        }
        catch (ConfigurationException error)
        {
            error.WriteTo(Console.Error);
            return ConfigurationException.ExitCode;
        }
    }

    private static int WordsOf(Verb verb) => verb.Name.Count(character => character == ' ') + 1;

    private static string Usage()
    {
        var text = new StringBuilder($"""
            usage: SmartCity.Streams [{string.Join(" | ", Verbs.Select(verb => verb.Name))}] [--OPTION[=VALUE] …] [--SECTION:KEY=VALUE …]

              {"(no verb)",-14}run the worker until SIGTERM or Ctrl+C

            """);
        foreach (Verb verb in Verbs)
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"  {verb.Name,-14}{verb.Does}");
            foreach (VerbOption option in verb.Options)
            {
                text.AppendLine().Append(CultureInfo.InvariantCulture, $"  {"",-14}  {option,-22}{option.Does}");
            }
        }

        return text.Append("""


            Settings come from appsettings.json, the environment (Streams__Threads=2) and the command line (--Streams:Threads=2), the last winning.
            Exit codes: 0 done, 1 a fault, 2 usage, 78 configuration.
            """).ToString();
    }
}
