using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Data;

/// <summary>The model on SQLite. Times are text in UTC, as Microsoft.Data.Sqlite writes a <see cref="DateTime"/>, so they sort as they should.</summary>
public sealed class SqliteDbContext(DbContextOptions<SqliteDbContext> options) : SmartCityDbContext(options)
{
    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTime>().HaveConversion<UtcConverter>();

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        foreach (var definition in SensorTypes.All)
        {
            // PostgreSQL keeps aligned windows in partitions of their own and needs no index for them.
            modelBuilder.SharedTypeEntity<WindowEntity>(definition.Table)
                .HasIndex(row => new { row.City, row.District, row.WindowStart }, $"ix_{definition.Table}_aligned").HasFilter("aligned");
        }
    }

    private sealed class UtcConverter() : ValueConverter<DateTime, DateTime>(
        time => time, time => DateTime.SpecifyKind(time, DateTimeKind.Utc));
}
