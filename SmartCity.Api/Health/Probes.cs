using Microsoft.EntityFrameworkCore;

using SmartCity.Api.Database;
using SmartCity.Api.Kafka;
using SmartCity.Domain.Data;
using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Health;

/// <summary>What one look at a part showed.</summary>
/// <param name="Status"><c>up</c>, <c>down</c> or, for the stream, <c>idle</c> or <c>stalled</c>.</param>
/// <param name="Detail">A sentence more, for people; null when there is nothing to say.</param>
internal sealed record PartHealth(string Status, string? Detail)
{
    public static readonly PartHealth Up = new("up", null);

    public bool IsDown => Status is "down" or "stalled";
}

/// <summary>The health of everything the API depends on.</summary>
internal sealed record Health(PartHealth Database, PartHealth Storage, PartHealth Kafka, PartHealth Stream, DateTime? Watermark)
{
    public bool IsDegraded => Database.IsDown || Storage.IsDown || Kafka.IsDown || Stream.IsDown;
}

/// <summary>Looks at each part, all at once and for two seconds at most; a result is good for two seconds, so a hundred callers cost one look.</summary>
internal sealed class Probes(CityDatabase database, IObjectStore lake, KafkaLink kafka, TimeProvider clock)
{
    private static readonly PartHealth Unknown = new("idle", "Not known while the database is down.");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

    /// <summary>Readings that have been arriving this long must have changed some window by now.</summary>
    private static readonly TimeSpan MostSilence = TimeSpan.FromSeconds(60);

    /// <summary>A few windows' worth of a large city's rows.</summary>
    private const int NewestRows = 500;

    private readonly Lock _gate = new();
    private Task<Health>? _look;
    private long _lookedAt;

    /// <summary>The health of every part.</summary>
    public Task<Health> LookAsync()
    {
        lock (_gate)
        {
            if (_look is null || (_look.IsCompleted && clock.GetElapsedTime(_lookedAt) > Lifetime))
            {
                _lookedAt = clock.GetTimestamp();
                _look = Task.Run(LookNowAsync);
            }

            return _look;
        }
    }

    private async Task<Health> LookNowAsync()
    {
        var storage = TryAsync(async stop => await lake.HeadAsync("health/probe", stop));
        DateTime? watermark = null, lastRow = null;
        var reachable = await TryAsync(async stop =>
        {
            await using var context = database.Open();
            watermark = await context.StreamProgress.MaxAsync(row => (DateTime?)row.Watermark, stop);
            lastRow = await LastRowAsync(context, stop);
        });
        var state = kafka.State;
        return new Health(reachable, await storage, state.IsUp ? PartHealth.Up : new PartHealth("down", "Kafka does not answer."), reachable.IsDown ? Unknown : Stream(lastRow, state), watermark);
    }

    /// <summary>When a row last changed, as far as the newest windows of each type tell.</summary>
    private static async Task<DateTime?> LastRowAsync(SmartCityDbContext context, CancellationToken cancellationToken)
    {
        DateTime? last = null;
        foreach (var type in SensorTypes.All)
        {
            var time = await context.Windows(type).OrderByDescending(row => row.WindowStart).Take(NewestRows).MaxAsync(row => (DateTime?)row.ProcessingTime, cancellationToken);
            last = last is null || time > last ? time : last;
        }

        return last;
    }

    private PartHealth Stream(DateTime? lastRow, KafkaState state)
    {
        var silence = lastRow is { } time ? clock.GetUtcNow().UtcDateTime - time : TimeSpan.MaxValue;
        if (state.GrowingFor > MostSilence && silence > MostSilence)
        {
            return new PartHealth("stalled", "Readings arrive, but no window changes. Look at the worker's /health.");
        }

        return lastRow is null ? new PartHealth("idle", "No window has been written yet.") : PartHealth.Up;
    }

    private static async Task<PartHealth> TryAsync(Func<CancellationToken, Task> look)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await look(patience.Token).WaitAsync(Patience);
            return PartHealth.Up;
        }
        catch (Exception error) when (error is LakeUnavailableException or TimeoutException or OperationCanceledException || CityDatabase.ErrorIn(error) is not null)
        {
            string detail = CityDatabase.ErrorIn(error) is { } found ? CityDatabase.Explain(found) : "It does not answer.";
            return new PartHealth("down", detail);
        }
    }
}
