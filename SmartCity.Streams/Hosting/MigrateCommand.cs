using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Streams.Sinks.Database;

namespace SmartCity.Streams.Hosting;

/// <summary>The verb <c>migrate</c>. It waits a minute for a database that is still starting, so that it can be the first job of a deployment.</summary>
internal static class MigrateCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync(string[] args)
    {
        var configuration = new ConfigurationManager();
        configuration.SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().AddCommandLine(args);
        configuration.AddLegacyEnvironment();
        var errors = new ConfigurationErrors();
        var database = DatabaseSettings.Read(configuration, errors);
        errors.ThrowIfAny();

        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var applied = await Patience.UntilDoneAsync(
                token => Migrator.MigrateAsync(database, token),
                DatabaseErrors.IsTemporary,
                (error, pause) => Console.Error.WriteLine($"{database.Description} cannot be reached ({DatabaseErrors.Describe(error)}). Trying again in {pause.TotalSeconds:0.0} s."),
                TimeProvider.System, limit.Token);
            Console.WriteLine(applied.Count == 0
                ? $"{database.Description}: the schema is up to date."
                : $"{database.Description}: applied {string.Join(", ", applied)}.");
            return 0;
        }
        catch (Exception error) when (DatabaseErrors.IsOfDatabase(error) || error is OperationCanceledException)
        {
            Console.Error.WriteLine($"{database.Description} could not be migrated: {DatabaseErrors.Describe(error)}.");
            return 1;
        }
    }
}
