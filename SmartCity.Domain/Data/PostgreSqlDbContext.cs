using Microsoft.EntityFrameworkCore;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Data;

/// <summary>The model on PostgreSQL.</summary>
public sealed class PostgreSqlDbContext(DbContextOptions<PostgreSqlDbContext> options) : SmartCityDbContext(options)
{
    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<SensorEntity>().Property(row => row.Metrics).HasColumnType("jsonb");

        // Names sort and page by their bytes, as in SQLite, whatever the server's locale.
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            if (property.ClrType == typeof(string) && property.GetColumnType() != "jsonb")
            {
                property.SetCollation("C");
            }
        }

        foreach (var definition in SensorTypes.All)
        {
            // Open windows are written over and over and no indexed column changes: room in the page makes those updates heap-only.
            modelBuilder.SharedTypeEntity<WindowEntity>(definition.Table).HasStorageParameter("fillfactor", 80);
        }
    }
}
