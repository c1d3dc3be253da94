using System.Globalization;

using SmartCity.AppHost.Broker;
using SmartCity.Domain.Configuration;
using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Lake;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Lake;

/// <summary><c>lake verify</c> on a lake that a sink has written, whole and then spoilt in one place.</summary>
internal sealed class LakeVerificationTests
{
    private const int Readings = 1_000;
    private const int Valid = 900;

    // The tenth reading of all, and the fifth of partition 1.
    private const string InvalidOffset = "4";

    private EmbeddedBroker _broker = null!;
    private LakeSinkFixture _test = null!;

    [SetUp]
    public void MakeTopic()
    {
        _broker = EmbeddedBroker.Start();
        _test = new LakeSinkFixture(_broker.BootstrapServers, 2);
        _broker.CreateTopic(_test.Topic, 2);
        _broker.CreateTopic($"{_test.ApplicationId}-lake-plan", 2);
    }

    [TearDown]
    public void Remove()
    {
        _test.Dispose();
        _broker.Dispose();
    }

    [TestCase(LakeFormat.Parquet)]
    [TestCase(LakeFormat.Json)]
    public async Task A_whole_lake_has_nothing_wrong_and_every_valid_reading_was_compared(LakeFormat format)
    {
        await WriteAsync(format);
        await WriteAsync(format);

        (List<string> found, LakeVerification verification) = await VerifyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(found, Is.Empty);
            Assert.That((verification.Readings, verification.Compared, verification.Objects), Is.EqualTo((2L * Valid, 2L * Valid, (long)Objects().Length)));
        });
    }

    [Test]
    public async Task A_lost_object_is_found_reading_by_reading()
    {
        await WriteAsync(LakeFormat.Parquet);
        string lost = Objects()[3];
        int rows = RowsOf(lost);
        File.Delete(lost);

        (List<string> found, _) = await VerifyAsync();

        Assert.That(found, Has.Count.EqualTo(rows).And.All.StartsWith($"Missing {_test.Topic}-"));
    }

    [Test]
    public async Task A_damaged_object_is_named_and_its_readings_are_missing()
    {
        await WriteAsync(LakeFormat.Parquet);
        string damaged = Objects()[0];
        int rows = RowsOf(damaged);
        File.WriteAllBytes(damaged, File.ReadAllBytes(damaged)[..^20]);

        (List<string> found, _) = await VerifyAsync();

        Assert.That(found.Count(what => what.StartsWith("Damaged raw-data/", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(found.Count(what => what.StartsWith("Missing", StringComparison.Ordinal)), Is.EqualTo(rows));
    }

    [Test]
    public async Task An_object_that_lies_in_another_city_too_is_misplaced_and_doubled()
    {
        await WriteAsync(LakeFormat.Parquet);
        string there = Objects().First(path => path.Contains("city=Warsaw", StringComparison.Ordinal));
        int rows = RowsOf(there);
        string copy = there.Replace("city=Warsaw", "city=Gdynia", StringComparison.Ordinal);
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(there, copy);

        (List<string> found, _) = await VerifyAsync();

        Assert.That(found.Count(what => what.StartsWith("Misplaced", StringComparison.Ordinal) && what.Contains("city=Gdynia", StringComparison.Ordinal)), Is.EqualTo(rows));
        Assert.That(found.Count(what => what.StartsWith("Doubled", StringComparison.Ordinal)), Is.EqualTo(rows));
    }

    [Test]
    public async Task A_reading_with_other_bytes_is_changed_and_one_that_the_topic_has_not_is_made_up()
    {
        await WriteAsync(LakeFormat.Json);
        string[] objects = Objects();
        File.WriteAllText(objects[0], File.ReadAllText(objects[0]).Replace("\"n\":", "\"n\":1", StringComparison.Ordinal));
        string invalid = objects[1][..(objects[1].LastIndexOf('-') + 1)] + InvalidOffset + ".json";
        File.Move(objects[1], invalid);
        File.WriteAllText(Path.Combine(_test.Lake.Path, "raw-data", "notes.txt"), "not ours");

        (List<string> found, _) = await VerifyAsync();

        Assert.That(found.Select(what => what.Split(' ')[0]), Is.EquivalentTo((string[])["Changed", "MadeUp", "Missing", "Stray"]));
    }

    [Test]
    public async Task What_the_sink_has_not_committed_is_not_looked_for()
    {
        await WriteAsync(LakeFormat.Parquet);
        _test.Publish(Readings);

        (List<string> found, LakeVerification verification) = await VerifyAsync();

        Assert.That((found.Count, verification.Compared), Is.EqualTo((0, (long)Valid)));
    }

    private async Task WriteAsync(LakeFormat format)
    {
        _test.Publish(Readings);
        var sink = await _test.NewSink(format: format).StartAsync();
        await Eventually.IsTrueAsync(() => sink.Read == _test.Published, "all has been read");
        await sink.StopAsync();
    }

    private async Task<(List<string> Found, LakeVerification Verification)> VerifyAsync()
    {
        var found = new List<string>();
        KafkaSettings kafka = KafkaSettings.For(_broker.BootstrapServers);
        using var log = new SourceLog(kafka, _test.Topic, _test.ApplicationId);
        var verification = new LakeVerification(_test.Lake.Store, log, _test.Topic, new ReadingRules(), (fault, what) => found.Add($"{fault} {what}"));
        await verification.RunAsync(_ => { }, CancellationToken.None);
        return (found, verification);
    }

    private int RowsOf(string path) => int.Parse(_test.Lake.Query($"SELECT count(*) FROM read_parquet('{path}')")[0][0]!, CultureInfo.InvariantCulture);

    /// <summary>The objects' paths, those of partition 1 first.</summary>
    private string[] Objects()
        => [.. Directory.GetFiles(Path.Combine(_test.Lake.Path, "raw-data"), "*", SearchOption.AllDirectories).OrderByDescending(IsOfPartitionOne).ThenBy(path => path, StringComparer.Ordinal)];

    private static bool IsOfPartitionOne(string path) => Path.GetFileName(path) is var name && (name.Contains("-1-", StringComparison.Ordinal) || name.Contains("Z_1-", StringComparison.Ordinal));
}
