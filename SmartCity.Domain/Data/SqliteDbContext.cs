using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace SmartCity.Domain.Data;

/// <summary>The model on SQLite. Times are text in UTC, as Microsoft.Data.Sqlite writes a <see cref="DateTime"/>, so they sort as they should.</summary>
public sealed class SqliteDbContext(DbContextOptions<SqliteDbContext> options) : SmartCityDbContext(options)
{
    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTime>().HaveConversion<UtcConverter>();

    private sealed class UtcConverter() : ValueConverter<DateTime, DateTime>(
        time => time, time => DateTime.SpecifyKind(time, DateTimeKind.Utc));
}
