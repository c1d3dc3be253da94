using System.Globalization;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Lake;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Hosting;
using SmartCity.Streams.Sinks.Database;

namespace SmartCity.Streams.Housekeeping;

/// <summary>
/// The verb <c>housekeep</c>: what the retention settings no longer keep in the database, which workers remove by themselves every hour, and what killed processes have left on this machine. It may run beside
/// workers, and be killed at any moment and run again.
/// </summary>
internal static class HousekeepCommand
{
    private const string OlderThan = "--older-than";

    private static readonly TimeSpan LeastAge = TimeSpan.FromDays(1);

    public static Verb Verb { get; } = new(
        "housekeep", "remove what Retention no longer keeps in the database, and what killed processes have left on this machine", RunAsync,
        VerbOption.Yes,
        new VerbOption(OlderThan, "DURATION", "leftovers of this age (7d; at least 1d)"));

    private static async Task<int> RunAsync(VerbLine line)
    {
        TimeSpan age = line.Duration(OlderThan, TimeSpan.FromDays(7));
        if (age < LeastAge)
        {
            throw new UsageException($"{OlderThan} is {line.Text(OlderThan)} but must be at least 1d: somebody may be at work on what is younger.");
        }

        var (streams, database, kept, lake) = line.Settings((settings, errors)
            => (StreamsOptions.Read(settings, errors), DatabaseSettings.Read(settings, errors), RetentionOptions.Read(settings, errors), LakeSettings.Read(settings, errors)));
        DateTimeOffset before = TimeProvider.System.GetUtcNow() - age;
        var retention = new Retention(database, kept, TimeProvider.System);
        int removed = 0;
        void Removed(string what)
        {
            removed++;
            line.Output.WriteLine($"{(line.Yes ? "removed" : "would remove")}: {what}");
        }

        // Each part by itself: a database that is away keeps nobody from tidying the disk.
        bool isDone = await DoAsync(line, database.Description, async () =>
        {
            foreach (string what in line.Yes ? await retention.ApplyAsync(CancellationToken.None) : await retention.ListAsync(CancellationToken.None))
            {
                Removed(what);
            }
        });
        foreach ((string where, Func<IEnumerable<Leftover>> find) in ((string, Func<IEnumerable<Leftover>>)[])
        [
            (streams.StateDirectory, () => Leftovers.OfWorkers(streams.StateDirectory, before)),
            (lake.Folder ?? "the lake", () => Leftovers.OfUploads(lake, before)),
            (Path.GetTempPath(), () => Leftovers.OfVerbs(Path.GetTempPath(), before)),
        ])
        {
            isDone &= await DoAsync(line, where, () =>
            {
                foreach (Leftover leftover in find())
                {
                    if (!line.Yes || leftover.Remove())
                    {
                        Removed(leftover.What);
                    }
                }

                return Task.CompletedTask;
            });
        }

        await line.Output.WriteLineAsync(line.Yes
            ? string.Create(CultureInfo.InvariantCulture, $"Removed {removed}.")
            : string.Create(CultureInfo.InvariantCulture, $"Would remove {removed}. Nothing was changed. To do it: housekeep {VerbOption.Yes.Name}"));
        return isDone ? 0 : 1;
    }

    private static async Task<bool> DoAsync(VerbLine line, string where, Func<Task> part)
    {
        try
        {
            await part();
            return true;
        }
        catch (Exception error) when (DatabaseErrors.IsOfDatabase(error) || error is IOException or UnauthorizedAccessException)
        {
            await line.Errors.WriteLineAsync($"{where} could not be tidied: {(DatabaseErrors.IsOfDatabase(error) ? DatabaseErrors.Describe(error) : error.Message)}");
            return false;
        }
    }
}
