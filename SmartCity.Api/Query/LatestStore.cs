using Microsoft.EntityFrameworkCore;

using SmartCity.Api.Database;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Query;

/// <summary>The newest and the newest final window of a group; the latter is null while there is none.</summary>
internal sealed record LatestWindows(SensorTypeDefinition Type, string City, string District, WindowEntity Newest, WindowEntity? NewestFinal);

/// <summary>
/// Finds the newest windows of every group. The groups come from the small tables (progress and sensors), and each costs two look-ups in the key's index:
/// grouping the window tables themselves would read all of them.
/// </summary>
internal sealed class LatestStore(CityDatabase database)
{
    public async Task<IReadOnlyList<LatestWindows>> ReadAsync(
        IReadOnlyList<SensorTypeDefinition> types, IReadOnlyList<string> cities, CancellationToken cancellationToken)
    {
        await using var context = database.Open();
        var found = new List<LatestWindows>();
        foreach (var type in types)
        {
            var windows = context.Windows(type);
            var groups = await Groups(context, type, cities)
                .Select(group => new
                {
                    group.City,
                    group.District,
                    Newest = windows.Where(row => row.City == group.City && row.District == group.District).Max(row => (DateTime?)row.WindowStart),
                    NewestFinal = windows.Where(row => row.City == group.City && row.District == group.District && row.IsFinal).Max(row => (DateTime?)row.WindowStart),
                })
                .Where(group => group.Newest != null)
                .ToListAsync(cancellationToken);

            // The few distinct times and every city at once; the rows that belong to no group are dropped here.
            var times = groups.SelectMany(group => new[] { group.Newest!.Value, group.NewestFinal ?? group.Newest.Value }).Distinct().ToList();
            var names = groups.Select(group => group.City).Distinct().ToList();
            var rows = await windows.Where(row => names.Contains(row.City) && times.Contains(row.WindowStart))
                .ToDictionaryAsync(row => new RowKey(row.WindowStart, row.City, row.District), cancellationToken);
            foreach (var group in groups.OrderBy(group => group.City, StringComparer.Ordinal).ThenBy(group => group.District, StringComparer.Ordinal))
            {
                if (rows.TryGetValue(new RowKey(group.Newest!.Value, group.City, group.District), out var newest))
                {
                    var final = group.NewestFinal is { } time ? rows.GetValueOrDefault(new RowKey(time, group.City, group.District)) : null;
                    found.Add(new LatestWindows(type, group.City, group.District, newest, final));
                }
            }
        }

        return found;
    }

    private static IQueryable<Group> Groups(SmartCityDbContext context, SensorTypeDefinition type, IReadOnlyList<string> cities)
    {
        var progress = context.StreamProgress.Where(row => row.SensorType == type.Name);
        var sensors = context.Sensors.Where(row => row.SensorType == type.Name);
        if (cities.Count > 0)
        {
            progress = progress.Where(row => cities.Contains(row.City));
            sensors = sensors.Where(row => cities.Contains(row.City));
        }

        return progress.Select(row => new Group { City = row.City, District = "" })
            .Union(sensors.Select(row => new Group { City = row.City, District = "" }))
            .Union(sensors.Select(row => new Group { City = row.City, District = row.District }));
    }

    private sealed class Group
    {
        public string City { get; init; } = "";

        public string District { get; init; } = "";
    }
}
