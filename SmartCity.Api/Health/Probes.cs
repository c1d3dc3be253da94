using Microsoft.EntityFrameworkCore;

using SmartCity.Api.Database;
using SmartCity.Api.Kafka;
using SmartCity.Domain.Lake;

namespace SmartCity.Api.Health;

/// <summary>What one look at a part showed.</summary>
/// <param name="Status"><c>up</c>, <c>down</c> or, for the stream, <c>idle</c>.</param>
/// <param name="Detail">A sentence more, for people; null when there is nothing to say.</param>
internal sealed record PartHealth(string Status, string? Detail)
{
    public static readonly PartHealth Up = new("up", null);

    public bool IsDown => Status == "down";
}

/// <summary>The health of everything the API depends on.</summary>
internal sealed record Health(PartHealth Database, PartHealth Storage, PartHealth Kafka, PartHealth Stream, DateTime? Watermark)
{
    public bool IsDegraded => Database.IsDown || Storage.IsDown || Kafka.IsDown;
}

/// <summary>Looks at each part, all at once and for two seconds at most; a result is good for two seconds, so a hundred callers cost one look.</summary>
internal sealed class Probes(CityDatabase database, IObjectStore lake, KafkaLink kafka, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

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
        DateTime? watermark = null;
        var reachable = await TryAsync(async stop =>
        {
            await using var context = database.Open();
            watermark = await context.StreamProgress.MaxAsync(row => (DateTime?)row.Watermark, stop);
        });
        var state = kafka.State;
        return new Health(reachable, await storage, state.IsUp ? PartHealth.Up : new PartHealth("down", "Kafka does not answer."), Stream(watermark), watermark);
    }

    private static PartHealth Stream(DateTime? watermark) => watermark is null ? new PartHealth("idle", "No window has been written yet.") : PartHealth.Up;

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
