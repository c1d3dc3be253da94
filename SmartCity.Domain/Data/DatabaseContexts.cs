using Microsoft.EntityFrameworkCore;

using SmartCity.Domain.Configuration;

namespace SmartCity.Domain.Data;

/// <summary>Makes the context for a database.</summary>
public static class DatabaseContexts
{
    /// <summary>A new context on the database that the settings name; the caller disposes of it.</summary>
    public static SmartCityDbContext CreateContext(this DatabaseSettings settings) => settings.Provider == DatabaseProvider.Sqlite
        ? new SqliteDbContext(new DbContextOptionsBuilder<SqliteDbContext>().UseSqlite(settings.ConnectionString).Options)
        : new PostgreSqlDbContext(new DbContextOptionsBuilder<PostgreSqlDbContext>().UseNpgsql(settings.ConnectionString).Options);
}
