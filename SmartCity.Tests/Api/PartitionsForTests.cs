using Microsoft.EntityFrameworkCore;

using Npgsql;

using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Api;

/// <summary>Makes the partitions for rows that a test stores itself, as the sink does for its own.</summary>
internal static class PartitionsForTests
{
    public static async Task AddAsync(SmartCityDbContext context, SensorTypeDefinition type, IEnumerable<WindowEntity> rows)
    {
        if (!context.Database.IsNpgsql())
        {
            return;
        }

        await context.Database.OpenConnectionAsync();
        foreach (var (isAligned, start) in rows.Select(row => (row.Aligned, WindowPartitions.StartOf(row.Aligned, row.WindowStart))).Distinct())
        {
            await WindowPartitions.AddAsync((NpgsqlConnection)context.Database.GetDbConnection(), type.Table, isAligned, start, CancellationToken.None);
        }
    }
}
