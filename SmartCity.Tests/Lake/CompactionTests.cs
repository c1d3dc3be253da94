using System.Globalization;

using SmartCity.Domain.Lake;
using SmartCity.Streams.Lake.Compaction;

namespace SmartCity.Tests.Lake;

/// <summary><c>lake compact</c>: what it leaves behind, read by DuckDB, however it was interrupted.</summary>
internal sealed class CompactionTests
{
    private static readonly CompactOptions Apply = new() { Apply = true };

    private CompactionFixture _test = null!;

    [SetUp]
    public void MakeLake() => _test = new CompactionFixture();

    [TearDown]
    public void RemoveLake() => _test.Dispose();

    [Test]
    public async Task Every_raw_reading_is_merged_once_in_every_column_and_a_day_is_one_object()
    {
        await _test.WriteTwoDaysAsync();
        int raw = RawObjects();

        Compactor done = await _test.CompactAsync();

        _test.AssertMergedIsRaw();
        // The readings about the first midnight lie in the Sunday before.
        Assert.That(_test.Merged().Keys.Where(path => path.StartsWith("raw-compact/", StringComparison.Ordinal)).Select(Path.GetFileName), Has.Exactly(9).EqualTo("readings-0001-000.parquet").And.Exactly(9).Items);
        Assert.That((done.Days, done.Sources, done.Objects, done.Readings, done.Failed), Is.EqualTo((9L, (long)raw, 9L, 1_440L, 0L)));
        Assert.That(RawObjects(), Is.EqualTo(raw), "the raw lake stays");
    }

    [Test]
    public async Task Merged_objects_are_sorted_by_sensor_and_time()
    {
        await _test.WriteTwoDaysAsync();
        await _test.CompactAsync();

        var disorder = _test.Lake.Query(
            """
            SELECT count(*) FROM (
              SELECT sensor_id, timestamp, lag(sensor_id) OVER file AS sensor_before, lag(timestamp) OVER file AS time_before
              FROM read_parquet('PATH/raw-compact/**/*.parquet', filename=true, file_row_number=true, hive_partitioning=false)
              WINDOW file AS (PARTITION BY filename ORDER BY file_row_number))
            WHERE sensor_before IS NOT NULL AND (sensor_before, time_before) > (sensor_id, timestamp)
            """.Replace("PATH", _test.Lake.Path, StringComparison.Ordinal));

        Assert.That(disorder[0][0], Is.EqualTo("0"));
    }

    [Test]
    public async Task Without_consent_it_says_what_it_would_do_and_does_nothing()
    {
        await _test.WriteTwoDaysAsync();

        Compactor would = await _test.CompactAsync(options: new CompactOptions());

        Assert.That(_test.Merged(), Is.Empty);
        Assert.That((would.Days, would.Sources), Is.EqualTo((9L, (long)RawObjects())));
        Assert.That(_test.Said, Has.Count.EqualTo(9).And.Some.Match("^would merge weather Warsaw 2026-01-12: [0-9]+ objects, [0-9.]+ MiB$"));
    }

    [Test]
    public async Task A_day_that_is_not_closed_for_long_enough_is_left_alone()
    {
        await _test.WriteTwoDaysAsync();
        // Tuesday ended an hour ago.
        _test.Clock.AdjustTime(CompactionFixture.Monday.AddDays(2).AddHours(1));

        Compactor done = await _test.CompactAsync(options: Apply with { OlderThan = TimeSpan.FromHours(2) });

        Assert.That(done.Young, Is.EqualTo(3));
        Assert.That(_test.Merged().Keys, Has.None.Contains("day=13"));
        Assert.That(_test.Merged().Keys, Has.Some.Contains("day=12"));

        await _test.CompactAsync(options: Apply with { OlderThan = TimeSpan.FromHours(1) });
        _test.AssertMergedIsRaw();
    }

    [Test]
    public async Task Late_readings_that_come_to_a_merged_day_go_into_a_further_object_and_no_object_changes()
    {
        await _test.WriteTwoDaysAsync();
        await _test.CompactAsync();
        var before = _test.Merged();
        await _test.WriteRawAsync(0, 90_000, 30, CompactionFixture.Monday.AddHours(9));

        Compactor done = await _test.CompactAsync();

        _test.AssertMergedIsRaw();
        Assert.That((done.Days, done.Readings), Is.EqualTo((3L, 30L)));
        Assert.That(_test.Merged().Where(file => before.ContainsKey(file.Key)), Is.EqualTo(before));
        Assert.That(_test.Merged().Keys, Has.Exactly(3).Contains("readings-0002-000.parquet"));
    }

    [Test]
    public async Task A_second_run_has_nothing_to_do()
    {
        await _test.WriteTwoDaysAsync();
        await _test.CompactAsync();
        var before = _test.Merged();

        Compactor again = await _test.CompactAsync();

        Assert.That((again.Days, again.Objects), Is.EqualTo((0L, 0L)));
        Assert.That(_test.Merged(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_run_that_dies_at_any_put_is_finished_by_the_next_to_the_same_bytes_though_readings_came_between()
    {
        await _test.WriteTwoDaysAsync();
        using var undisturbed = new CompactionFixture();
        await undisturbed.WriteTwoDaysAsync();
        await undisturbed.CompactAsync();
        await undisturbed.WriteRawAsync(1, 90_000, 30, CompactionFixture.Monday.AddHours(9));
        await undisturbed.CompactAsync();

        // Three puts a day and city: the plan, the object, the plan as done.
        for (int put = 1; put <= 27; put++)
        {
            int dies = put;
            var store = new TestStore(_test.Lake.Store);
            if (put % 2 == 0)
            {
                store.BeforePut = (number, _) => number >= dies ? throw new Died() : Task.CompletedTask;
            }
            else
            {
                store.AfterPut = (number, _) => number >= dies ? throw new Died() : Task.CompletedTask;
            }

            foreach (string root in (string[])["raw-compact", "raw-compact-plans"])
            {
                if (Directory.Exists(Path.Combine(_test.Lake.Path, root)))
                {
                    Directory.Delete(Path.Combine(_test.Lake.Path, root), recursive: true);
                }
            }

            Assert.That(() => _test.CompactAsync(store), Throws.TypeOf<Died>(), $"put {put}");
            await _test.CompactAsync();

            Assert.That(_test.Merged(), Is.EqualTo(Only(undisturbed.Merged(), "0001")), $"put {put}");
        }

        await _test.WriteRawAsync(1, 90_000, 30, CompactionFixture.Monday.AddHours(9));
        await _test.CompactAsync();
        Assert.That(_test.Merged(), Is.EqualTo(undisturbed.Merged()));
        _test.AssertMergedIsRaw();
    }

    [Test]
    public async Task A_plan_that_was_begun_keeps_to_its_raw_objects_though_late_ones_came_before_it_was_finished()
    {
        await _test.WriteTwoDaysAsync();
        var store = new TestStore(_test.Lake.Store) { AfterPut = (_, _) => throw new Died() };
        Assert.That(() => _test.CompactAsync(store), Throws.TypeOf<Died>());
        await _test.WriteRawAsync(0, 90_000, 300, CompactionFixture.Monday.AddHours(-1));

        await _test.CompactAsync();

        _test.AssertMergedIsRaw();
        Assert.That(_test.Merged().Keys, Has.Some.Contains("readings-0002-000.parquet"));
    }

    [Test]
    public async Task Readings_that_outgrow_memory_are_sorted_on_disk_to_the_same_objects()
    {
        await _test.WriteTwoDaysAsync();
        await _test.CompactAsync();
        var inMemory = _test.Merged();
        using var onDisk = new CompactionFixture();
        await onDisk.WriteTwoDaysAsync();

        await onDisk.CompactAsync(options: Apply with { MemoryBytes = 10_000 });

        Assert.That(onDisk.Merged(), Is.EqualTo(inMemory));
        Assert.That(Directory.GetFiles(onDisk.Scratch, "*", SearchOption.AllDirectories).Select(Path.GetFileName), Is.EqualTo((string[])["lock"]));
    }

    [Test]
    public async Task A_day_larger_than_the_target_becomes_objects_that_follow_each_other_and_another_target_in_the_next_try_leaves_none_over()
    {
        // Payloads of their own that do not compress, so that a row group ends at 16 MiB.
        await WriteLargeDayAsync();
        var store = new TestStore(_test.Lake.Store) { BeforePut = (number, _) => number == 4 ? throw new Died() : Task.CompletedTask };
        Assert.That(() => _test.CompactAsync(store, Apply with { TargetBytes = 1 << 20 }), Throws.TypeOf<Died>());
        Assert.That(_test.Merged().Keys, Has.Some.Contains("readings-0001-001.parquet"));

        await _test.CompactAsync(options: Apply with { TargetBytes = 20 << 20 });

        _test.AssertMergedIsRaw();
        var parts = _test.Lake.Query($"SELECT min(sensor_id), max(sensor_id) FROM read_parquet('{_test.Lake.Path}/raw-compact/**/*.parquet', filename=true) GROUP BY filename ORDER BY filename");
        Assert.That(parts, Has.Count.EqualTo(2));
        Assert.That(string.CompareOrdinal(parts[0][1], parts[1][0]), Is.LessThanOrEqualTo(0));
    }

    [Test]
    public async Task A_damaged_raw_object_holds_up_its_own_day_alone()
    {
        await _test.WriteTwoDaysAsync();
        string damaged = Directory.GetFiles(Path.Combine(_test.Lake.Path, "raw-data"), "*", SearchOption.AllDirectories).First(path => path.Contains("city=Warsaw/year=2026/month=01/day=12", StringComparison.Ordinal));
        byte[] whole = File.ReadAllBytes(damaged);
        File.WriteAllBytes(damaged, whole[..^20]);

        Compactor done = await _test.CompactAsync();

        Assert.That((done.Days, done.Failed), Is.EqualTo((8L, 1L)));
        Assert.That(_test.Said, Has.One.StartsWith($"failed: weather Warsaw 2026-01-12: {Path.GetRelativePath(_test.Lake.Path, damaged)}: "));
        File.WriteAllBytes(damaged, whole);
        await _test.CompactAsync();
        _test.AssertMergedIsRaw();
    }

    [Test]
    public async Task Readings_that_lie_as_JSON_are_merged_with_their_columns()
    {
        await _test.WriteRawAsync(0, 0, 60, CompactionFixture.Monday.AddHours(5), LakeFormat.Json);
        await _test.WriteRawAsync(1, 0, 60, CompactionFixture.Monday.AddHours(5), LakeFormat.Parquet);

        await _test.CompactAsync();

        var wrong = _test.Lake.Query(
            """
            SELECT count(*) FILTER (kafka_partition = 0), count(*) FILTER (received_at IS NULL), count(DISTINCT (kafka_partition, kafka_offset)),
                   count(*) FILTER (sensor_id <> payload->>'sensor_id' OR timestamp <> (payload->>'timestamp')::TIMESTAMPTZ OR temperature <> (payload->'metrics'->>'temperature')::DOUBLE
                                    OR district IS DISTINCT FROM payload->>'district' OR lon <> (payload->'location'->>'lon')::DOUBLE)
            FROM {compact:weather}
            """);
        Assert.That(wrong[0], Is.EqualTo((string[])["60", "60", "120", "0"]));
    }

    [Test]
    public async Task Objects_that_no_sink_wrote_are_passed_over_and_counted()
    {
        await _test.WriteTwoDaysAsync();
        string folder = Path.GetDirectoryName(Directory.GetFiles(Path.Combine(_test.Lake.Path, "raw-data"), "*", SearchOption.AllDirectories)[0])!;
        File.WriteAllText(Path.Combine(folder, "notes.txt"), "not ours");
        File.WriteAllText(Path.Combine(folder, "another-topic-0-00000000000000000000.parquet"), "not ours");

        Compactor done = await _test.CompactAsync();

        Assert.That((done.Days, done.Strays), Is.EqualTo((9L, 2L)));
    }

    [Test]
    public void A_second_compaction_on_the_same_scratch_disk_is_refused()
    {
        using var first = new CompactScratch(_test.Scratch);

        Assert.That(() => _test.CompactAsync(), Throws.InstanceOf<IOException>());
    }

    private async Task WriteLargeDayAsync()
    {
        var random = new Random(7);
        var noise = new byte[30_000];
        for (int batch = 0; batch < 4; batch++)
        {
            var payloads = Enumerable.Range(0, 300).Select(number =>
            {
                random.NextBytes(noise);
                return RawBatch.Weather(
                    string.Create(CultureInfo.InvariantCulture, $"W-{number:D3}"), "Warsaw", CompactionFixture.Monday.AddMinutes((60 * batch) + (number / 10)).ToString("O", CultureInfo.InvariantCulture), number % 30,
                    $",\"noise\":\"{Convert.ToBase64String(noise)}\"");
            }).ToList();
            await _test.Lake.PutAsync(await RawBatch.ObjectsAsync(RawBatch.Of(payloads, first: 1_000L * batch), 1_000L * batch));
        }
    }

    private static SortedDictionary<string, byte[]> Only(SortedDictionary<string, byte[]> files, string plan)
        => new(files.Where(file => file.Key.Contains(plan, StringComparison.Ordinal)).ToDictionary(), StringComparer.Ordinal);

    private int RawObjects() => Directory.GetFiles(Path.Combine(_test.Lake.Path, "raw-data"), "*", SearchOption.AllDirectories).Length;

#pragma warning disable CA1032, CA1064 // A test's own sudden death.
    private sealed class Died() : Exception("killed");
#pragma warning restore CA1032, CA1064
}
