using SmartCity.Domain.Configuration;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Kafka;
using SmartCity.Streams.Sinks.Database;

namespace SmartCity.Tests.Sinks.Database;

/// <summary>What both writers promise, each on its real database.</summary>
[TestFixture(DatabaseProvider.Postgres)]
[TestFixture(DatabaseProvider.Sqlite)]
internal sealed class DatabaseWriterTests(DatabaseProvider provider)
{
    private static readonly SourceLog Log = new("cluster-1", "smart-city-aggregates", "topic-1");

    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabase() => _database = await TestDatabase.CreateAsync(provider);

    [TearDown]
    public async Task RemoveDatabase() => await _database.DisposeAsync();

    [Test]
    public async Task Every_column_of_every_type_holds_its_own_figure([Values] SensorType type)
    {
        await using var writer = _database.Writer();
        var rows = await OpenAsync(writer);
        rows.Take(Rows.Of(7, "Łódź|'\"\\", "Bałuty\u00a0%", type: type, isFinal: true), 0);
        Assert.That(await writer.WriteAsync([rows], default), Is.True);

        var definition = SensorTypes.Of(type);
        Assert.That(
            await _database.ScalarAsync(
                $"SELECT city, district, window_start, window_end, aligned, reading_count, is_final, epoch, revision, processing_time FROM {definition.Table}"),
            Is.EqualTo("Łódź|'\"\\|Bałuty\u00a0%|2026-01-15 14:00:00|2026-01-15 14:05:00|1|8|1|0|7|2026-01-15 14:00:00.007"));
        for (int index = 0; index < definition.Metrics.Count; index++)
        {
            var metric = definition.Metrics[index];
            string tenth = index == 0 ? "" : $".{index}";
            (string columns, string expected) = metric.Kind switch
            {
                MetricKind.Circular => ($"count_{metric.Stem}, avg_{metric.Stem}, consistency_{metric.Stem}", $"8|7{tenth}|0.5"),
                MetricKind.Additive => (
                    $"count_{metric.Stem}, avg_{metric.Stem}, min_{metric.Stem}, max_{metric.Stem}, stddev_{metric.Stem}, sum_{metric.Stem}",
                    $"8|7{tenth}|6{tenth}|8{tenth}|0.25|{(index == 0 ? "14" : index == 5 ? "15" : "?")}"),
                _ => ($"count_{metric.Stem}, avg_{metric.Stem}, min_{metric.Stem}, max_{metric.Stem}, stddev_{metric.Stem}", $"8|7{tenth}|6{tenth}|8{tenth}|0.25"),
            };

            // The second metric of each type has no values.
            expected = index == 1 ? "0|null|null|null|null" : expected;
            Assert.That(await _database.ScalarAsync($"SELECT {columns} FROM {definition.Table}"), Is.EqualTo(expected), metric.Name);
        }
    }

    [Test]
    public async Task A_batch_written_again_is_refused_and_changes_nothing()
    {
        await using var writer = _database.Writer();
        var first = await OpenAsync(writer);
        var again = await OpenAsync(writer);
        Fill(first);
        Fill(again);
        Assert.That(await writer.WriteAsync([first], default), Is.True);
        var before = await _database.DumpAsync();

        Assert.That(await writer.WriteAsync([again], default), Is.False);
        Assert.That(await _database.DumpAsync(), Is.EqualTo(before));
        Assert.That((await writer.LoadAsync(Log, Starts(0), default))[0], Is.EqualTo(3));

        static void Fill(PartitionRows rows)
        {
            rows.Take(Rows.Of(1, watermark: Rows.Start), 0);
            rows.Take(Rows.Of(2, "Gdańsk"), 1);
            rows.Take(Rows.Status("AQ-1", Rows.Start, 18.4), 2);
        }
    }

    [Test]
    public async Task The_same_rows_read_once_more_from_an_earlier_offset_change_nothing()
    {
        await using var writer = _database.Writer();
        var rows = await OpenAsync(writer);
        rows.Take(Rows.Of(5), 0);
        rows.Take(Rows.Of(9, "Gdańsk", isFinal: true), 1);
        Assert.That(await writer.WriteAsync([rows], default), Is.True);
        var before = await _database.DumpAsync();

        await _database.QueryAsync("UPDATE sink_offsets SET next_offset = 0");
        var replay = await OpenAsync(writer);
        replay.Take(Rows.Of(4), 0);
        replay.Take(Rows.Of(9, "Gdańsk"), 1);
        Assert.That(await writer.WriteAsync([replay], default), Is.True);
        Assert.That(await _database.DumpAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_zombies_batch_is_refused()
    {
        await using var zombie = _database.Writer();
        await using var owner = _database.Writer();
        var held = await OpenAsync(zombie);
        held.Take(Rows.Of(1), 0);
        var rows = await OpenAsync(owner);
        rows.Take(Rows.Of(1), 0);
        rows.Take(Rows.Of(6), 1);
        Assert.That(await owner.WriteAsync([rows], default), Is.True);
        var before = await _database.DumpAsync();

        held.Take(Rows.Of(7), 1);
        Assert.That(await zombie.WriteAsync([held], default), Is.False);
        Assert.That(await _database.DumpAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task One_overtaken_partition_refuses_the_whole_batch()
    {
        await using var writer = _database.Writer();
        await writer.LoadAsync(Log, Starts(0, 1), default);
        await _database.QueryAsync("UPDATE sink_offsets SET next_offset = 10 WHERE partition = 1");
        var (mine, overtaken) = (new PartitionRows(Log, 0, 0), new PartitionRows(Log, 1, 0));
        mine.Take(Rows.Of(1), 0);
        overtaken.Take(Rows.Of(1, "Gdańsk"), 0);

        Assert.That(await writer.WriteAsync([mine, overtaken], default), Is.False);
        Assert.That(await _database.QueryAsync("SELECT city FROM air_quality_agg"), Is.Empty);
        Assert.That(await _database.QueryAsync("SELECT partition, next_offset FROM sink_offsets ORDER BY partition"), Is.EqualTo(new[] { "0|0", "1|10" }));
    }

    [Test]
    public async Task The_newest_version_of_a_window_wins_in_any_order()
    {
        await using var writer = _database.Writer();
        var rows = await OpenAsync(writer);
        rows.Take(Rows.Of(3), 0);
        rows.Take(Rows.Of(9), 1);
        rows.Take(Rows.Of(5), 2);
        await writer.WriteAsync([rows], default);
        rows.Written();
        Assert.That(await RevisionAsync(), Is.EqualTo("0|9"));

        rows.Take(Rows.Of(8), 3);
        await writer.WriteAsync([rows], default);
        rows.Written();
        Assert.That(await RevisionAsync(), Is.EqualTo("0|9"), "a stale revision never overwrites");

        rows.Take(Rows.Of(2, epoch: 1), 4);
        await writer.WriteAsync([rows], default);
        rows.Written();
        Assert.That(await RevisionAsync(), Is.EqualTo("1|2"), "a higher epoch wins with any revision");

        rows.Take(Rows.Of(100), 5);
        await writer.WriteAsync([rows], default);
        Assert.That(await RevisionAsync(), Is.EqualTo("1|2"), "a lower epoch never does");

        Task<string> RevisionAsync() => _database.ScalarAsync("SELECT epoch, revision FROM air_quality_agg");
    }

    [Test]
    public async Task A_window_that_moved_to_another_partition_is_written_once()
    {
        await using var writer = _database.Writer();
        await writer.LoadAsync(Log, Starts(0, 1), default);
        var (before, after) = (new PartitionRows(Log, 0, 0), new PartitionRows(Log, 1, 0));
        before.Take(Rows.Of(6), 0);
        after.Take(Rows.Of(4), 0);

        Assert.That(await writer.WriteAsync([before, after], default), Is.True);
        Assert.That(await _database.ScalarAsync("SELECT revision FROM air_quality_agg"), Is.EqualTo("6"));
    }

    [TestCase(0, "1")]
    [TestCase(1, "0")]
    [TestCase(5, "1")]
    [TestCase(-5, "1")]
    [TestCase(-3, "0")]
    public async Task Windows_that_start_at_a_multiple_of_their_size_are_aligned(int minutesFromEpoch, string expected)
    {
        await using var writer = _database.Writer();
        var rows = await OpenAsync(writer);
        rows.Take(Rows.Of(1, start: minutesFromEpoch * Rows.Minute), 0);
        await writer.WriteAsync([rows], default);

        Assert.That(await _database.ScalarAsync("SELECT aligned FROM air_quality_agg"), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_sensor_shows_its_latest_status()
    {
        await using var writer = _database.Writer();
        var rows = await OpenAsync(writer);
        rows.Take(Rows.Status("AQ-1", Rows.Start, 18.4), 0);
        rows.Take(Rows.Status("AQ-1", Rows.Start + 10_000, 19.5, interval: 10_000), 1);
        rows.Take(Rows.Status("AQ-2", Rows.Start, 1, hasLocation: false), 2);
        await writer.WriteAsync([rows], default);

        Assert.That(
            await _database.QueryAsync(
                "SELECT sensor_id, sensor_type, city, district, latitude, longitude, last_seen, interval_ms, source_partition, source_offset FROM sensors ORDER BY sensor_id"),
            Is.EqualTo(new[]
            {
                "AQ-1|air_quality|Warsaw|Wola|52.2297|21.0122|2026-01-15 14:00:10|10000|0|1",
                "AQ-2|air_quality|Warsaw|Wola|null|null|2026-01-15 14:00:00|null|0|2",
            }));
        Assert.That(
            (await _database.ScalarAsync("SELECT metrics FROM sensors WHERE sensor_id = 'AQ-1'")).Replace(" ", "", StringComparison.Ordinal),
            Is.EqualTo("{\"pm25\":19.5}"));
    }

    [Test]
    public async Task A_watermark_never_goes_back()
    {
        await using var writer = _database.Writer();
        var rows = await OpenAsync(writer);
        rows.Take(Rows.Of(1, watermark: Rows.Start + 2), 0);
        rows.Take(Rows.Of(2, "Gdańsk"), 1);
        await writer.WriteAsync([rows], default);
        rows.Written();
        rows.Take(Rows.Of(3, watermark: Rows.Start + 1), 2);
        await writer.WriteAsync([rows], default);

        Assert.That(
            await _database.ScalarAsync("SELECT sensor_type, city, watermark, processing_time FROM stream_progress"),
            Is.EqualTo("air_quality|Warsaw|2026-01-15 14:00:00.002|2026-01-15 14:00:00.001"));
    }

    [Test]
    public async Task A_partition_that_was_never_written_starts_at_the_start_of_its_log()
    {
        await using var writer = _database.Writer();
        var offsets = await writer.LoadAsync(Log, new Dictionary<int, long> { [0] = 4, [1] = 0 }, default);
        var again = await writer.LoadAsync(Log, new Dictionary<int, long> { [0] = 9, [1] = 9 }, default);

        Assert.That(offsets, Is.EquivalentTo(new Dictionary<int, long> { [0] = 4, [1] = 0 }));
        Assert.That(again, Is.EquivalentTo(offsets));
    }

    [TestCase("cluster-2", "topic-1", "was written from Kafka cluster cluster-1, but this worker reads cluster cluster-2")]
    [TestCase("cluster-1", "topic-2", "was written from an earlier topic smart-city-aggregates (id topic-1) than the one there is now (id topic-2)")]
    public async Task Another_cluster_or_a_topic_made_anew_is_refused_with_a_remedy(string cluster, string topicId, string reason)
    {
        await using var writer = _database.Writer();
        var rows = await OpenAsync(writer);
        rows.Take(Rows.Of(1), 0);
        await writer.WriteAsync([rows], default);
        var other = Log with { ClusterId = cluster, TopicId = topicId };

        var error = await Assert.ThrowsAsync<ForeignLogException>(() => writer.LoadAsync(other, Starts(0), default));
        Assert.That(error!.Message, Does.Contain(reason).And.Contain("DELETE FROM sink_offsets WHERE sink = 'postgres' AND topic = 'smart-city-aggregates'"));

        await using var adopting = _database.Writer(adopt: true);
        Assert.That((await adopting.LoadAsync(other, Starts(0), default))[0], Is.Zero);
        Assert.That(await _database.ScalarAsync("SELECT cluster_id, topic_id, next_offset FROM sink_offsets"), Is.EqualTo($"{cluster}|{topicId}|0"));
    }

    [Test]
    public async Task Two_writers_with_partitions_of_the_same_cities_do_not_block_each_other_for_good()
    {
        string[] cities = ["Warsaw", "Gdańsk", "Łódź", "Kraków", "Poznań"];
        await using var one = _database.Writer();
        await using var two = _database.Writer();
        await Task.WhenAll(WriteAllAsync(one, 0, cities), WriteAllAsync(two, 1, [.. cities.Reverse()]));

        Assert.That(await _database.QueryAsync("SELECT partition, next_offset FROM sink_offsets ORDER BY partition"), Is.EqualTo(new[] { "0|200", "1|200" }));
        Assert.That(await _database.QueryAsync("SELECT DISTINCT revision FROM air_quality_agg"), Is.EqualTo(new[] { "199" }));

        async Task WriteAllAsync(IDatabaseWriter writer, int partition, string[] order)
        {
            var offset = (await writer.LoadAsync(Log, Starts(partition), default))[partition];
            var rows = new PartitionRows(Log, partition, offset);
            for (int revision = 0; revision < 200; revision++)
            {
                rows.Take(Rows.Of(revision, order[revision % 5], watermark: Rows.Start + revision), revision);
                if (revision % 5 == 4)
                {
                    // The last five of each partition say 199, so that the end is the same whoever was last.
                    foreach (string city in revision == 199 ? order : [])
                    {
                        rows.Take(Rows.Of(199, city), 199);
                    }

                    Assert.That(await writer.WriteAsync([rows], default), Is.True);
                    rows.Written();
                }
            }
        }
    }

    private static Dictionary<int, long> Starts(params int[] partitions) => partitions.ToDictionary(partition => partition, _ => 0L);

    private static async Task<PartitionRows> OpenAsync(IDatabaseWriter writer) => new(Log, 0, (await writer.LoadAsync(Log, Starts(0), default))[0]);
}
