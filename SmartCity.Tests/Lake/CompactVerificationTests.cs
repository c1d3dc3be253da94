using SmartCity.Streams.Lake;
using SmartCity.Streams.Lake.Compaction;

namespace SmartCity.Tests.Lake;

/// <summary><c>lake verify</c> on a merged lake, whole and then spoilt in one place.</summary>
internal sealed class CompactVerificationTests
{
    private CompactionFixture _test = null!;

    [SetUp]
    public async Task MakeLakeAsync()
    {
        _test = new CompactionFixture();
        await _test.WriteTwoDaysAsync();
        await _test.CompactAsync();
    }

    [TearDown]
    public void RemoveLake() => _test.Dispose();

    [Test]
    public async Task A_whole_one_has_nothing_wrong_and_every_reading_was_compared()
    {
        (List<string> found, CompactVerification verification) = await VerifyAsync();

        Assert.That(found, Is.Empty);
        Assert.That((verification.Readings, verification.Compared, verification.Objects, verification.Gone), Is.EqualTo((1_440L, 1_440L, 9L, 0L)));
    }

    [Test]
    public async Task A_lost_object_is_damage_and_each_of_its_readings_is_missing()
    {
        string lost = Objects("raw-compact")[0];
        int rows = RowsOf(lost);
        File.Delete(lost);

        (List<string> found, _) = await VerifyAsync();

        Assert.That(found, Has.One.EqualTo($"Damaged {Path.GetRelativePath(_test.Lake.Path, lost)}: it is gone"));
        Assert.That(found.Where(what => what.StartsWith("Missing sensors-", StringComparison.Ordinal)), Has.Exactly(rows).Items);
        Assert.That(found, Has.Exactly(rows + 1).Items);
    }

    [Test]
    public async Task A_damaged_object_is_named()
    {
        string damaged = Objects("raw-compact")[0];
        File.WriteAllBytes(damaged, File.ReadAllBytes(damaged)[..^20]);

        (List<string> found, _) = await VerifyAsync();

        Assert.That(found, Has.One.StartsWith($"Damaged {Path.GetRelativePath(_test.Lake.Path, damaged)}: "));
    }

    [Test]
    public async Task Raw_objects_merged_by_two_plans_are_doubled()
    {
        string plan = Objects("raw-compact-plans")[0];
        string merged = Objects("raw-compact")[0];
        int rows = RowsOf(merged);
        File.WriteAllText(plan.Replace("0001.json", "0002.json", StringComparison.Ordinal), File.ReadAllText(plan).Replace("readings-0001", "readings-0002", StringComparison.Ordinal));
        File.Copy(merged, merged.Replace("readings-0001", "readings-0002", StringComparison.Ordinal));

        (List<string> found, _) = await VerifyAsync();

        Assert.That(found.Where(what => what.StartsWith("Doubled sensors-", StringComparison.Ordinal)), Has.Exactly(rows).Items);
        Assert.That(found, Has.Some.StartsWith("Doubled raw-data/").And.All.StartsWith("Doubled "));
    }

    [Test]
    public async Task An_object_that_no_plan_names_is_a_stray_and_one_of_another_day_is_misplaced_and_made_up()
    {
        string[] merged = Objects("raw-compact");
        string stray = merged[0].Replace("readings-0001", "readings-0009", StringComparison.Ordinal);
        File.Copy(merged[0], stray);
        string there = merged[1];
        int rows = RowsOf(there);
        int others = RowsOf(merged[2]);
        File.Copy(merged[2], there, overwrite: true);

        (List<string> found, _) = await VerifyAsync();

        Assert.That(found, Has.One.EqualTo($"Stray {Path.GetRelativePath(_test.Lake.Path, stray)}"));
        Assert.That(found.Where(what => what.StartsWith("Misplaced", StringComparison.Ordinal)), Has.Exactly(others).Items);
        Assert.That(found.Where(what => what.StartsWith("MadeUp", StringComparison.Ordinal)), Has.Exactly(others).Items);
        Assert.That(found.Where(what => what.StartsWith("Missing", StringComparison.Ordinal)), Has.Exactly(rows).Items);
    }

    [Test]
    public async Task A_plan_that_was_begun_and_not_finished_is_said()
    {
        string plan = Objects("raw-compact-plans")[0];
        File.WriteAllText(plan, File.ReadAllText(plan).Replace("\"readings-0001-000.parquet\"", "", StringComparison.Ordinal).Replace("\"objects\": [\n    \n  ]", "\"objects\": null", StringComparison.Ordinal));

        (List<string> found, _) = await VerifyAsync();

        Assert.That(found, Is.EqualTo((string[])[$"Missing {Path.GetRelativePath(_test.Lake.Path, plan)} was begun and not finished: run lake compact again"]));
    }

    [Test]
    public async Task Raw_objects_that_are_gone_by_now_leave_the_merged_ones_to_be_counted()
    {
        foreach (string raw in Objects("raw-data"))
        {
            File.Delete(raw);
        }

        (List<string> found, CompactVerification verification) = await VerifyAsync();
        Assert.That((found.Count, verification.Compared, verification.Gone > 0), Is.EqualTo((0, 0L, true)));

        string plan = Objects("raw-compact-plans")[0];
        int rows = RowsOf(Objects("raw-compact")[0]);
        File.WriteAllText(plan, File.ReadAllText(plan).Replace($"\"readings\": {rows}", $"\"readings\": {rows + 3}", StringComparison.Ordinal));
        (found, _) = await VerifyAsync();
        Assert.That(found, Is.EqualTo((string[])[$"Missing 3 readings of {Path.GetRelativePath(_test.Lake.Path, Path.GetDirectoryName(Objects("raw-compact")[0])!)}/, whose raw objects are gone"]));
    }

    private async Task<(List<string> Found, CompactVerification Verification)> VerifyAsync()
    {
        var found = new List<string>();
        var verification = new CompactVerification(_test.Lake.Store, RawBatch.Topic, (fault, what) => found.Add($"{fault} {what}"));
        await verification.RunAsync(CancellationToken.None);
        return (found, verification);
    }

    private int RowsOf(string path) => int.Parse(_test.Lake.Query($"SELECT count(*) FROM read_parquet('{path}')")[0][0]!, System.Globalization.CultureInfo.InvariantCulture);

    private string[] Objects(string root) => [.. Directory.GetFiles(Path.Combine(_test.Lake.Path, root), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
