using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

using Npgsql;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Sinks.Database;
using SmartCity.Tests.Api;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Data;

/// <summary>Partitions, retention and roles.</summary>
internal sealed class PostgresSchemaTests
{
    private static readonly SensorTypeDefinition Traffic = SensorTypes.Of(SensorType.Traffic);
    private static readonly RetentionOptions Kept = new(TimeSpan.FromDays(14), TimeSpan.FromDays(400), TimeSpan.FromDays(400));

    private DatabaseSettings _settings = null!;

    [SetUp]
    public async Task A_new_database() => _settings = await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Postgres);

    [Test]
    public async Task Sliding_windows_lie_in_partitions_of_days_and_aligned_ones_in_partitions_of_months()
    {
        await StoreAsync(new DateTime(2026, 1, 31, 23, 55, 0, DateTimeKind.Utc), 10);
        Assert.That(await QueryAsync("SELECT tableoid::regclass::text, count(*) FROM traffic_agg GROUP BY 1 ORDER BY 1"), Is.EqualTo((string[])
        [
            "traffic_agg_aligned_202601|1", "traffic_agg_aligned_202602|1", "traffic_agg_sliding_20260131|4", "traffic_agg_sliding_20260201|4",
        ]));
    }

    [Test]
    public async Task A_range_of_one_city_is_read_from_the_partitions_of_that_range_alone()
    {
        for (int day = 1; day <= 20; day++)
        {
            await StoreAsync(new DateTime(2026, 1, day, 0, 0, 0, DateTimeKind.Utc), 2);
        }

        var plan = await QueryAsync("EXPLAIN SELECT * FROM traffic_agg WHERE city = 'Warsaw' AND window_start >= '2026-01-07Z' AND window_start < '2026-01-08Z'");
        var read = plan.SelectMany(line => System.Text.RegularExpressions.Regex.Matches(line, @" on (traffic_agg_\w+)")).Select(match => match.Groups[1].Value);
        Assert.That(read.Distinct(), Is.EquivalentTo((string[])["traffic_agg_sliding_20260107", "traffic_agg_aligned_202601"]));
    }

    [Test]
    public async Task What_is_older_than_the_retention_goes_by_whole_partitions_counted_back_from_the_newest_window()
    {
        var newest = new DateTime(2014, 8, 20, 12, 0, 0, DateTimeKind.Utc); // a recording of long ago is not thrown away
        foreach (int days in (int[])[0, 13, 14, 15, 16, 399, 440])
        {
            await StoreAsync(newest.AddDays(-days), 2);
        }

        var retention = new Retention(_settings, Kept, new FakeTimeProvider(new DateTimeOffset(2026, 1, 15, 0, 0, 0, TimeSpan.Zero)));
        var listed = await retention.ListAsync(CancellationToken.None);
        var dropped = await retention.ApplyAsync(CancellationToken.None);
        Assert.That(listed, Is.EqualTo(dropped));
        Assert.That(dropped, Is.EquivalentTo((string[])
        [
            "traffic_agg_sliding_20140805", "traffic_agg_sliding_20140804", "traffic_agg_sliding_20130717", "traffic_agg_sliding_20130606", "traffic_agg_aligned_201306",
        ]));
        Assert.That(await QueryAsync("SELECT aligned, min(window_start AT TIME ZONE 'UTC')::text FROM traffic_agg GROUP BY 1 ORDER BY 1"), Is.EqualTo((string[])
        [
            "False|2014-08-06 12:01:00", "True|2013-07-17 12:00:00",
        ]));
        Assert.That(await retention.ApplyAsync(CancellationToken.None), Is.Empty);
    }

    [Test]
    public async Task Many_who_need_the_same_partition_at_once_get_one()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            await using var connection = new NpgsqlConnection(_settings.ConnectionString);
            await connection.OpenAsync();
            await WindowPartitions.AddAsync(connection, "energy_agg", false, new DateTime(2026, 1, 15, 3, 0, 0, DateTimeKind.Utc), CancellationToken.None);
        })));
        Assert.That(await QueryAsync("SELECT relname FROM pg_class WHERE relname LIKE 'energy_agg_sliding_%' AND relkind = 'r'"), Is.EqualTo((string[])["energy_agg_sliding_20260115"]));
    }

    [TestCase("sensors")]
    [TestCase("traffic_agg; DROP TABLE sensors")]
    [TestCase("pg_class")]
    public async Task Partitions_are_made_of_window_tables_only(string table)
    {
        await using var connection = new NpgsqlConnection(_settings.ConnectionString);
        await connection.OpenAsync();
        Assert.That(() => WindowPartitions.AddAsync(connection, table, false, Api.Windows.Noon, CancellationToken.None), Throws.InstanceOf<PostgresException>());
        Assert.That(await QueryAsync("SELECT count(*) FROM sensors"), Is.EqualTo((string[])["0"]));
    }

    [Test]
    public async Task A_reader_reads_everything_and_changes_nothing()
    {
        await StoreAsync(Api.Windows.Noon, 1);
        await using var reader = await AsAsync("smart_city_reader");
        foreach (string table in (string[])["traffic_agg", "traffic_5m", "sensors", "alerts", "quality_hourly", "stream_progress", "sink_offsets", "\"__EFMigrationsHistory\""])
        {
            Assert.That(() => RunAsync(reader, $"SELECT count(*) FROM {table}"), Throws.Nothing, table);
        }

        foreach (string forbidden in (string[])
        [
            "UPDATE traffic_agg SET reading_count = 0", "DELETE FROM traffic_agg", "INSERT INTO stream_progress VALUES ('a', 'b', now(), now())", "DROP TABLE sensors",
            "CREATE TABLE mine (a int)", "SELECT add_window_partition('traffic_agg', false, now())", "SELECT drop_window_partitions('traffic_agg', false, now())", "TRUNCATE traffic_agg",
        ])
        {
            Assert.That(() => RunAsync(reader, forbidden), Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo(PostgresErrorCodes.InsufficientPrivilege), forbidden);
        }
    }

    [Test]
    public async Task A_writer_can_do_all_that_the_sink_does_and_nothing_to_the_schema()
    {
        await using (var server = new NpgsqlConnection(_settings.ConnectionString))
        {
            await server.OpenAsync();
            await RunAsync(server, "DO $$ BEGIN CREATE ROLE sink_of_tests LOGIN PASSWORD 'sink' IN ROLE smart_city_writer; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        }

        var settings = new DatabaseSettings(
            DatabaseProvider.Postgres, new NpgsqlConnectionStringBuilder(_settings.ConnectionString) { Username = "sink_of_tests", Password = "sink" }.ConnectionString);
        Assert.That(await Migrator.PendingAsync(settings, CancellationToken.None), Is.Empty);
        await using (var writer = new PostgresWriter(settings.ConnectionString, "postgres", false))
        {
            var log = new Streams.Kafka.SourceLog("cluster", "rows", "id");
            await writer.LoadAsync(log, new Dictionary<int, long> { [0] = 0 }, CancellationToken.None);
            var rows = new PartitionRows(log, 0, 0);
            rows.Take(Sinks.Database.Rows.Of(1), 0);
            rows.Take([new(new QualityKey(0, QualityHourEntity.Accepted, "traffic"), 3)], 1);
            Assert.That(await writer.WriteAsync([rows], CancellationToken.None), Is.True);
        }

        Assert.That(() => new Retention(settings, Kept, TimeProvider.System).ApplyAsync(CancellationToken.None), Throws.Nothing);
        await using var connection = await AsAsync("smart_city_writer");
        foreach (string forbidden in (string[])["DROP TABLE sensors", "CREATE TABLE mine (a int)", "DELETE FROM traffic_agg", "ALTER TABLE sensors ADD x int", "TRUNCATE sensors"])
        {
            Assert.That(() => RunAsync(connection, forbidden), Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo(PostgresErrorCodes.InsufficientPrivilege), forbidden);
        }
    }

    private async Task StoreAsync(DateTime start, int minutes)
    {
        await using var context = _settings.CreateContext();
        var rows = Enumerable.Range(0, minutes).Select(minute => Api.Windows.Of(SensorType.Traffic, "Warsaw", "", start.AddMinutes(minute))).ToList();
        await PartitionsForTests.AddAsync(context, Traffic, rows);
        context.Windows(Traffic).AddRange(rows);
        await context.SaveChangesAsync();
    }

    private async Task<NpgsqlConnection> AsAsync(string role)
    {
        var connection = new NpgsqlConnection(_settings.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await RunAsync(connection, $"SET ROLE {role}");
        return connection;
    }

    private async Task<IReadOnlyList<string>> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_settings.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(index => reader.GetValue(index))));
        }

        return rows;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
