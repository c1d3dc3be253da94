using Microsoft.EntityFrameworkCore.Migrations;

namespace SmartCity.Domain.Data;

/// <summary>
/// The views <c>air_quality_5m</c>, … over the aligned windows of each table. Those are disjoint, so a BI tool may add them up; the tables' sliding windows
/// count each reading several times. Their names are fixed here, because a migration must do tomorrow what it does today.
/// </summary>
internal static class AlignedViews
{
    private static readonly string[] Types = ["air_quality", "traffic", "parking", "weather", "energy"];

    public static void Create(MigrationBuilder migrationBuilder)
    {
        foreach (string type in Types)
        {
            migrationBuilder.Sql($"CREATE VIEW {type}_5m AS SELECT * FROM {type}_agg WHERE aligned");
        }
    }

    public static void Drop(MigrationBuilder migrationBuilder)
    {
        foreach (string type in Types)
        {
            migrationBuilder.Sql($"DROP VIEW IF EXISTS {type}_5m");
        }
    }
}
