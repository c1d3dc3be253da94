using Microsoft.EntityFrameworkCore.Design;

using SmartCity.Domain.Configuration;

namespace SmartCity.Domain.Data;

/// <summary>Lets <c>dotnet ef migrations add NAME --context PostgreSqlDbContext</c> work without a server.</summary>
internal sealed class DesignTimePostgreSql : IDesignTimeDbContextFactory<PostgreSqlDbContext>
{
    public PostgreSqlDbContext CreateDbContext(string[] args) =>
        (PostgreSqlDbContext)new DatabaseSettings(DatabaseProvider.Postgres, "Host=localhost;Database=design").CreateContext();
}

/// <summary>The same for <c>--context SqliteDbContext</c>.</summary>
internal sealed class DesignTimeSqlite : IDesignTimeDbContextFactory<SqliteDbContext>
{
    public SqliteDbContext CreateDbContext(string[] args) =>
        (SqliteDbContext)new DatabaseSettings(DatabaseProvider.Sqlite, "Data Source=design.db").CreateContext();
}
