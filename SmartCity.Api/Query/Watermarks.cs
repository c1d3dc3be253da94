using Microsoft.EntityFrameworkCore;

using SmartCity.Domain.Data;

namespace SmartCity.Api.Query;

/// <summary>How far time is complete for the cities of a query. Each city has a window task's word for it, and no other's: one that catches up may lag hours behind.</summary>
internal sealed class Watermarks
{
    private readonly Dictionary<string, DateTime> _byCity = [];

    /// <summary>The greatest of them; null where none is known.</summary>
    public DateTime? Newest { get; private init; }

    /// <summary>What holds for every city asked for; null while one of them has none.</summary>
    public DateTime? Oldest { get; private init; }

    /// <summary>Reads the bounds, and for buckets every city's own.</summary>
    public static async Task<Watermarks> ReadAsync(SmartCityDbContext context, WindowQuery query, CancellationToken cancellationToken)
    {
        var rows = context.StreamProgress.Where(row => row.SensorType == query.Type.Name);
        if (query.Cities.Count > 0)
        {
            rows = rows.Where(row => query.Cities.Contains(row.City));
        }

        var bounds = await rows.GroupBy(row => 1)
            .Select(all => new { Oldest = all.Min(row => row.Watermark), Newest = all.Max(row => row.Watermark), Count = all.Count() })
            .FirstOrDefaultAsync(cancellationToken);
        if (bounds is null)
        {
            return new Watermarks();
        }

        var found = new Watermarks { Newest = Utc(bounds.Newest), Oldest = bounds.Count < query.Cities.Distinct().Count() ? null : Utc(bounds.Oldest) };
        if (!query.Resolution.IsSliding)
        {
            await foreach (var row in rows.Select(row => new { row.City, row.Watermark }).AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                found._byCity[row.City] = Utc(row.Watermark);
            }
        }

        return found;
    }

    /// <summary>That of one city; null where none is known.</summary>
    public DateTime? Of(string city) => _byCity.TryGetValue(city, out var watermark) ? watermark : null;

    private static DateTime Utc(DateTime time) => DateTime.SpecifyKind(time, DateTimeKind.Utc);
}
