using Microsoft.Data.Sqlite;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Streams.Hosting;
using SmartCity.Streams.Housekeeping;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Worker;

/// <summary>The verb <c>housekeep</c>: it lists, and with consent removes, what nobody needs.</summary>
internal sealed class HousekeepTests
{
    private static readonly DateTime Now = TimeProvider.System.GetUtcNow().UtcDateTime;

    private string _folder = null!;
    private DatabaseSettings _database = null!;

    [SetUp]
    public async Task MakeAMessAsync()
    {
        _folder = Scratch.Folder("housekeep");
        _database = new(DatabaseProvider.Sqlite, $"Data Source={Path.Combine(_folder, "city.db")}");
        await Migrator.MigrateAsync(_database, CancellationToken.None);
        await using var context = _database.CreateContext();
        foreach (int days in (int[])[2, 500])
        {
            context.QualityHours.Add(new QualityHourEntity { Hour = Now.Date.AddDays(-days), Kind = QualityHourEntity.Accepted, Reason = "weather", Count = 7 });
        }

        await context.SaveChangesAsync();
    }

    [TearDown]
    public void Remove()
    {
        SqliteConnection.ClearAllPools();
        Scratch.Remove(_folder);
    }

    [Test]
    public async Task It_lists_what_is_old_and_removes_it_with_consent_alone()
    {
        string state = Write("state/smart-city/instance-0", "store/000012.sst", 8);
        string upload = Write("lake/.uploads", "k3jd82.tmp", 8);
        string[] expected =
        [
            "1 rows of quality_hourly",
            $"state of a worker in {state}",
            $"unfinished upload {Path.Combine(upload, "k3jd82.tmp")}",
        ];

        (int exitCode, string[] said) = await RunAsync();
        Assert.That(exitCode, Is.Zero);
        Assert.That(said, Is.EqualTo((string[])[.. expected.Select(what => $"would remove: {what}"), "Would remove 3. Nothing was changed. To do it: housekeep --yes"]));
        Assert.That(File.Exists(Path.Combine(state, "store/000012.sst")), Is.True);

        (exitCode, said) = await RunAsync("--yes");
        Assert.That(exitCode, Is.Zero);
        Assert.That(said, Is.EqualTo((string[])[.. expected.Select(what => $"removed: {what}"), "Removed 3."]));
        Assert.That(Directory.GetFileSystemEntries(state).Select(Path.GetFileName), Is.EqualTo((string[])[".lock"]));
        Assert.That(Directory.GetFiles(upload), Is.Empty);
        await using (var context = _database.CreateContext())
        {
            Assert.That(context.QualityHours.Select(row => row.Hour), Is.EqualTo((DateTime[])[Now.Date.AddDays(-2)]));
        }

        (_, said) = await RunAsync("--yes");
        Assert.That(said, Is.EqualTo((string[])["Removed 0."]));
    }

    [Test]
    public async Task What_a_worker_has_or_what_is_young_stays()
    {
        string taken = Write("state/smart-city/instance-0", "store/000012.sst", 8);
        string young = Write("state/smart-city/instance-1", "store/000012.sst", 6);
        string foreign = Write("state/another/instance-0", "store/000012.sst", 8);
        Write("lake/.uploads", "k3jd82.tmp", 6);
        using var worker = new FileStream(Path.Combine(taken, ".lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        (_, string[] said) = await RunAsync("--yes");

        Assert.That(said, Is.EqualTo((string[])["removed: 1 rows of quality_hourly", $"removed: state of a worker in {foreign}", "Removed 2."]));
        Assert.That(File.Exists(Path.Combine(taken, "store/000012.sst")) && File.Exists(Path.Combine(young, "store/000012.sst")), Is.True);
    }

    [Test]
    public async Task A_database_that_is_away_keeps_nobody_from_tidying_the_disk()
    {
        string state = Write("state/smart-city/instance-0", "store/000012.sst", 8);

        (int exitCode, string[] said) = await RunAsync("--yes", "--Database:Provider=Postgres", "--ConnectionStrings:SmartCity=Host=127.0.0.1;Port=1;Database=city;Username=me;Password=hunter2");

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(said, Has.Some.StartsWith("PostgreSQL 127.0.0.1:1/city could not be tidied: ").And.Some.EqualTo($"removed: state of a worker in {state}").And.None.Contains("hunter2"));
    }

    [Test]
    public void What_may_be_in_use_is_not_asked_for()
        => Assert.That(() => RunAsync("--older-than=1h"), Throws.TypeOf<UsageException>().With.Message.StartsWith("--older-than is 1h but must be at least 1d"));

    /// <summary>A file of an age, in a folder that has a lock when it is a worker's.</summary>
    private string Write(string folder, string file, int days)
    {
        string full = Path.Combine(_folder, folder);
        string path = Path.Combine(full, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (folder.StartsWith("state/", StringComparison.Ordinal))
        {
            File.WriteAllText(Path.Combine(full, ".lock"), "");
        }

        File.WriteAllText(path, "what a killed process left");
        File.SetLastWriteTimeUtc(path, Now.AddDays(-days));
        return full;
    }

    private async Task<(int ExitCode, string[] Said)> RunAsync(params string[] arguments)
    {
        var output = new StringWriter();
        VerbLine line = new(HousekeepCommand.Verb,
        [
            $"--Streams:StateDirectory={Path.Combine(_folder, "state")}", $"--Lake:Folder={Path.Combine(_folder, "lake")}", "--Database:Provider=Sqlite", $"--ConnectionStrings:SmartCity={_database.ConnectionString}",
            .. arguments,
        ])
        { Output = output, Errors = output };
        int exitCode = await HousekeepCommand.Verb.RunAsync(line);

        // The machine's temporary folder is not this test's.
        return (exitCode, [.. output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Where(said => !said.Contains("temporary folder", StringComparison.Ordinal))]);
    }
}
