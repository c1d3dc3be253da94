using Microsoft.EntityFrameworkCore;

using SmartCity.Api.Database;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Sensors;

/// <summary>How many sensors of a type a district has, and when the last of them was heard of.</summary>
internal sealed record SensorGroup(string City, string District, string SensorType, int Sensors, DateTime LastSeen);

/// <summary>A sensor with its status as of now.</summary>
internal sealed record JudgedSensor(SensorEntity Sensor, SensorStatusKind Status);

/// <summary>Reads the sensors.</summary>
internal sealed class SensorStore(CityDatabase database, TimeProvider clock)
{
    /// <summary>Every group of sensors, in the order of city, district and type.</summary>
    public async Task<IReadOnlyList<SensorGroup>> GroupsAsync(CancellationToken cancellationToken)
    {
        await using var context = database.Open();
        return await context.Sensors
            .GroupBy(sensor => new { sensor.City, sensor.District, sensor.SensorType })
            .OrderBy(group => group.Key.City).ThenBy(group => group.Key.District).ThenBy(group => group.Key.SensorType)
            .Select(group => new SensorGroup(group.Key.City, group.Key.District, group.Key.SensorType, group.Count(), group.Max(sensor => sensor.LastSeen)))
            .ToListAsync(cancellationToken);
    }

    /// <summary>A page of sensors by name, one more than <paramref name="limit"/> when there are more.</summary>
    public async Task<IReadOnlyList<JudgedSensor>> ListAsync(
        string? type, IReadOnlyList<string> cities, SensorStatusKind? status, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = database.Open();
        IQueryable<SensorEntity> sensors = context.Sensors;
        if (type is not null)
        {
            sensors = sensors.Where(sensor => sensor.SensorType == type);
        }

        if (cities.Count > 0)
        {
            sensors = sensors.Where(sensor => cities.Contains(sensor.City));
        }

        if (after is not null)
        {
#pragma warning disable CA1309 // the database compares, by bytes
            sensors = sensors.Where(sensor => string.Compare(sensor.SensorId, after) > 0);
#pragma warning restore CA1309
        }

        sensors = sensors.OrderBy(sensor => sensor.SensorId);
        var now = clock.GetUtcNow().UtcDateTime;
        var page = new List<JudgedSensor>();

        // The status depends on each sensor's own interval, so it is judged here; reading stops as soon as the page is full.
        await foreach (var sensor in (status is null ? sensors.Take(limit + 1) : sensors).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            var judged = new JudgedSensor(sensor, SensorLiveness.Judge(sensor.LastSeen, sensor.IntervalMs, now));
            if (status is null || judged.Status == status)
            {
                page.Add(judged);
            }

            if (page.Count > limit)
            {
                break;
            }
        }

        return page;
    }

    /// <summary>One sensor; null when it was never heard of.</summary>
    public async Task<JudgedSensor?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = database.Open();
        var sensor = await context.Sensors.SingleOrDefaultAsync(one => one.SensorId == id, cancellationToken);
        return sensor is null ? null : new JudgedSensor(sensor, SensorLiveness.Judge(sensor.LastSeen, sensor.IntervalMs, clock.GetUtcNow().UtcDateTime));
    }

    /// <summary>How many sensors of each type have each status.</summary>
    public async Task<IReadOnlyDictionary<string, int[]>> CountAsync(CancellationToken cancellationToken)
    {
        await using var context = database.Open();
        var now = clock.GetUtcNow().UtcDateTime;
        var counts = SensorTypes.All.ToDictionary(type => type.Name, _ => new int[SensorLiveness.Names.Count], StringComparer.Ordinal);
        await foreach (var sensor in context.Sensors.Select(one => new { one.SensorType, one.LastSeen, one.IntervalMs }).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            counts[sensor.SensorType][(int)SensorLiveness.Judge(sensor.LastSeen, sensor.IntervalMs, now)]++;
        }

        return counts;
    }
}
