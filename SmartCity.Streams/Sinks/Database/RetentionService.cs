using SmartCity.Domain.Configuration;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>Applies the retention every hour, the first time an hour after the start. What fails is done the next time.</summary>
internal sealed partial class RetentionService(Retention retention, DatabaseSettings database, TimeProvider clock, ILogger<RetentionService> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await ApplyAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The worker stops.
        }
    }

    private async Task ApplyAsync(CancellationToken cancellation)
    {
        try
        {
            if (await retention.ApplyAsync(cancellation) is { Count: > 0 } removed)
            {
                Removed(database.Description, string.Join(", ", removed));
            }
        }
        catch (Exception error) when (DatabaseErrors.IsOfDatabase(error))
        {
            Failed(database.Description, DatabaseErrors.Describe(error));
        }
    }

    [LoggerMessage(4040, LogLevel.Information, "{Database}: removed what is older than Retention says: {What}")]
    private partial void Removed(string database, string what);

    [LoggerMessage(4041, LogLevel.Warning, "{Database}: what is older than Retention says could not be removed ({Reason}); tried again in an hour")]
    private partial void Failed(string database, string reason);
}
