using Npgsql;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Data;

internal sealed class PostgresMigratorTests
{
    [Test]
    public async Task Many_at_once_leave_one_schema_and_only_one_of_them_applied_it()
    {
        var settings = new DatabaseSettings(DatabaseProvider.Postgres, await (await TestServers.PostgresAsync()).CreateDatabaseAsync());
        var applied = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Migrator.MigrateAsync(settings, CancellationToken.None))));
        Assert.That(applied.Count(names => names.Count > 0), Is.EqualTo(1));
        Assert.That(await Migrator.PendingAsync(settings, CancellationToken.None), Is.Empty);
    }

    [Test]
    public async Task A_missing_database_is_made_once_even_by_many()
    {
        var server = await TestServers.PostgresAsync();
        var builder = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = $"made_{Guid.NewGuid():N}" };
        var settings = new DatabaseSettings(DatabaseProvider.Postgres, builder.ConnectionString);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Migrator.MigrateAsync(settings, CancellationToken.None))));
        Assert.That(await ScalarAsync(settings, "SELECT count(*) FROM information_schema.tables WHERE table_name = 'weather_agg'"), Is.EqualTo(1L));
    }

    [Test]
    public async Task The_views_hold_aligned_windows_only()
    {
        var settings = new DatabaseSettings(DatabaseProvider.Postgres, await (await TestServers.PostgresAsync()).CreateDatabaseAsync());
        await Migrator.MigrateAsync(settings, CancellationToken.None);
        var noon = Api.Windows.Noon;
        await using (var context = settings.CreateContext())
        {
            var traffic = SmartCity.Domain.Readings.SensorTypes.Of(SmartCity.Domain.Readings.SensorType.Traffic);
            await Api.PartitionsForTests.AddAsync(context, traffic, [Api.Windows.Of(traffic.Type, "Warsaw", "", noon), Api.Windows.Of(traffic.Type, "Warsaw", "", noon.AddMinutes(1))]);
            context.Windows(traffic).AddRange(Enumerable.Range(0, 11).Select(minute => Api.Windows.Of(traffic.Type, "Warsaw", "", noon.AddMinutes(minute))));
            await context.SaveChangesAsync();
        }

        Assert.That(await ScalarAsync(settings, "SELECT count(*) FROM traffic_5m"), Is.EqualTo(3L));
    }

    [Test]
    public async Task Names_sort_by_their_bytes_whatever_the_servers_locale()
    {
        var settings = new DatabaseSettings(DatabaseProvider.Postgres, await (await TestServers.PostgresAsync()).CreateDatabaseAsync());
        await Migrator.MigrateAsync(settings, CancellationToken.None);
        Assert.That(
            await ScalarAsync(settings, "SELECT collation_name FROM information_schema.columns WHERE table_name = 'traffic_agg' AND column_name = 'city'"), Is.EqualTo("C"));
    }

    private static async Task<object?> ScalarAsync(DatabaseSettings settings, string sql)
    {
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
