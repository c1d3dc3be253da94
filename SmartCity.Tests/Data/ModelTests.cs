using Microsoft.EntityFrameworkCore;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Data;

internal sealed class ModelTests
{
    private static readonly DatabaseSettings[] Providers =
    [
        new(DatabaseProvider.Postgres, "Host=localhost;Database=none"),
        new(DatabaseProvider.Sqlite, "Data Source=none.db"),
    ];

    [TestCaseSource(nameof(Providers))]
    public void The_migrations_make_exactly_the_model(DatabaseSettings settings)
    {
        using var context = settings.CreateContext();
        Assert.That(context.Database.HasPendingModelChanges(), Is.False, "Add a migration: dotnet ef migrations add NAME --context …");
    }

    [TestCaseSource(nameof(Providers))]
    public void Every_table_and_column_has_a_snake_case_name(DatabaseSettings settings)
    {
        using var context = settings.CreateContext();
        var names = context.Model.GetEntityTypes()
            .SelectMany(entity => entity.GetProperties().Select(property => property.GetColumnName()).Append(entity.GetTableName()));
        Assert.That(names, Is.All.Match("^[a-z][a-z0-9]*(_[a-z0-9]+)*$"));
    }

    [Test]
    public void Each_kind_of_metric_has_the_columns_the_product_names()
    {
        string[] traffic = [.. MetricColumns.Of(SensorTypes.Of(SensorType.Traffic)).Select(column => column.Name)];
        Assert.That(traffic, Is.EqualTo((string[])
        [
            "count_vehicle_count", "avg_vehicle_count", "min_vehicle_count", "max_vehicle_count", "stddev_vehicle_count", "sum_vehicle_count",
            "count_speed", "avg_speed", "min_speed", "max_speed", "stddev_speed",
            "count_congestion", "avg_congestion", "min_congestion", "max_congestion", "stddev_congestion",
        ]));
        string[] wind = [.. MetricColumns.Of(SensorTypes.Of(SensorType.Weather)).Where(column => column.MetricIndex == 4).Select(column => column.Name)];
        Assert.That(wind, Is.EqualTo((string[])["count_wind_direction", "avg_wind_direction", "consistency_wind_direction"]));
    }
}
