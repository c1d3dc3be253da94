using System.Diagnostics.Metrics;

using SmartCity.Api.Database;
using SmartCity.Api.Ingest;

namespace SmartCity.Api.Sensors;

/// <summary>
/// <c>smartcity.sensors</c>: how many sensors are live, late, silent or gone, by type. They are counted in the database, in the background, at most every <see cref="Lifetime"/> and only while somebody reads
/// the metric: who reads it for the first time is told nothing yet. Every API tells the same.
/// </summary>
internal sealed class SensorMetrics
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(15);

    private readonly SensorStore _sensors;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private IReadOnlyDictionary<string, int[]> _counts = new Dictionary<string, int[]>();
    private Task _counting = Task.CompletedTask;
    private long? _countedAt;

    public SensorMetrics(IMeterFactory meters, SensorStore sensors, TimeProvider clock)
    {
        (_sensors, _clock) = (sensors, clock);
        meters.Create(IngestMetrics.Meter).CreateObservableGauge("smartcity.sensors", Observe, "{sensor}", "Sensors by type and by how lately they were heard of.");
    }

    private IEnumerable<Measurement<int>> Observe()
    {
        lock (_gate)
        {
            if (_counting.IsCompleted && (_countedAt is not { } then || _clock.GetElapsedTime(then) > Lifetime))
            {
                _countedAt = _clock.GetTimestamp();
                _counting = Task.Run(CountAsync);
            }
        }

        foreach (var (type, counts) in _counts)
        {
            for (int status = 0; status < counts.Length; status++)
            {
                yield return new Measurement<int>(counts[status], new("type", type), new("status", SensorLiveness.Names[status]));
            }
        }
    }

    private async Task CountAsync()
    {
        try
        {
            _counts = await _sensors.CountAsync(CancellationToken.None);
        }
        catch (Exception error) when (CityDatabase.ErrorIn(error) is not null)
        {
            // Not known: no figure is better than an old one. That the database is away, health and the log say.
            _counts = new Dictionary<string, int[]>();
        }
    }
}
