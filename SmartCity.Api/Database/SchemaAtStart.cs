using SmartCity.Domain.Data;

namespace SmartCity.Api.Database;

/// <summary>
/// In Development the API brings the schema up to date when it starts; elsewhere it only says what is missing, since migrating is the owner's business. Neither
/// stops the start: the database may be down for now.
/// </summary>
internal sealed partial class SchemaAtStart(CityDatabase database, IHostEnvironment environment, ILogger<SchemaAtStart> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var wait = TimeSpan.FromSeconds(1); !stoppingToken.IsCancellationRequested; wait = wait * 2 < TimeSpan.FromSeconds(30) ? wait * 2 : TimeSpan.FromSeconds(30))
        {
            try
            {
                await CheckAsync(stoppingToken);
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (CityDatabase.ErrorIn(error) is not null)
            {
                DatabaseDown(logger, database.Settings.Description, CityDatabase.ErrorIn(error)!.Message);
                await Task.Delay(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (environment.IsDevelopment())
        {
            foreach (string name in await Migrator.MigrateAsync(database.Settings, cancellationToken))
            {
                Migrated(logger, database.Settings.Description, name);
            }

            return;
        }

        var pending = await Migrator.PendingAsync(database.Settings, cancellationToken);
        if (pending.Count > 0)
        {
            SchemaIsOld(logger, database.Settings.Description, pending.Count);
        }
    }

    [LoggerMessage(5020, LogLevel.Information, "Applied the migration {Name} to {Database}.")]
    private static partial void Migrated(ILogger logger, string database, string name);

    [LoggerMessage(5021, LogLevel.Error, "The schema of {Database} lacks {Count} migrations, and queries answer 503 until they are there. Run the worker's migrate verb.")]
    private static partial void SchemaIsOld(ILogger logger, string database, int count);

    [LoggerMessage(5022, LogLevel.Warning, "{Database} cannot be reached: {Reason} Queries answer 503 until it can.")]
    private static partial void DatabaseDown(ILogger logger, string database, string reason);
}
