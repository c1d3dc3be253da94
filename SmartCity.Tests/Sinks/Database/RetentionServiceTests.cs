using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

using SmartCity.Domain.Configuration;
using SmartCity.Streams.Sinks.Database;
using SmartCity.Tests.Engine.Runtime;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Sinks.Database;

internal sealed class RetentionServiceTests
{
    private const int Failed = 4041;

    [Test]
    public async Task A_database_that_is_away_when_retention_is_due_is_asked_again_an_hour_later_and_stops_nobody()
    {
        var clock = new FakeTimeProvider();
        using var logs = new TestLogs();
        var away = new DatabaseSettings(DatabaseProvider.Postgres, "Host=127.0.0.1;Port=1;Database=city;Username=me");
        var day = TimeSpan.FromDays(1);
        using var service = new RetentionService(new Retention(away, new RetentionOptions(day, day, day), clock), away, clock, logs.CreateLogger<RetentionService>());
        await service.StartAsync(CancellationToken.None);
        foreach (int failures in (int[])[1, 2])
        {
            await Eventually.IsTrueAsync(
                () =>
                {
                    if (logs.Count(Failed) < failures)
                    {
                        clock.Advance(TimeSpan.FromHours(1));
                    }

                    return logs.Count(Failed) >= failures || service.ExecuteTask!.IsCompleted;
                },
                "retention has failed");
            Assert.That(service.ExecuteTask!.IsCompleted, Is.False, service.ExecuteTask.Exception?.ToString());
        }

        Assert.That(logs.Text, Does.Contain("could not be removed (Connection refused); tried again in an hour"));
        await service.StopAsync(CancellationToken.None);
    }
}
