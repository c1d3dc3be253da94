using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Streams.Sinks.Database;

namespace SmartCity.Streams.Hosting;

/// <summary>The verb <c>migrate</c>. It waits a minute for a database that is still starting, so that it can be the first job of a deployment.</summary>
internal static class MigrateCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static Verb Verb { get; } = new("migrate", "create the database where it is missing and bring its schema up to date", RunAsync);

    private static async Task<int> RunAsync(VerbLine line)
    {
        var database = line.Settings(DatabaseSettings.Read);
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var applied = await Patience.UntilDoneAsync(
                token => Migrator.MigrateAsync(database, token),
                DatabaseErrors.IsTemporary,
                (error, pause) => line.Errors.WriteLine($"{database.Description} cannot be reached ({DatabaseErrors.Describe(error)}). Trying again in {pause.TotalSeconds:0.0} s."),
                TimeProvider.System, limit.Token);
            line.Output.WriteLine(applied.Count == 0
                ? $"{database.Description}: the schema is up to date."
                : $"{database.Description}: applied {string.Join(", ", applied)}.");
            return 0;
        }
        catch (Exception error) when (DatabaseErrors.IsOfDatabase(error) || error is OperationCanceledException)
        {
            line.Errors.WriteLine($"{database.Description} could not be migrated: {DatabaseErrors.Describe(error)}.");
            return 1;
        }
    }
}
