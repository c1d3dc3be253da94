using SmartCity.Tests.Servers;
using SmartCity.Tests.Worker;

namespace SmartCity.Tests.Lake;

/// <summary><c>lake compact</c> as a process of its own, on a folder and on an S3 server.</summary>
internal sealed class CompactionProcessTests
{
    private CompactionFixture _test = null!;

    [SetUp]
    public void MakeLake() => _test = new CompactionFixture();

    [TearDown]
    public void RemoveLake() => _test.Dispose();

    [Test]
    public async Task Killed_again_and_again_and_run_to_its_end_it_leaves_every_reading_once()
    {
        // The readings lie in the topic that the settings name.
        for (int batch = 0; batch < 24; batch++)
        {
            await _test.WriteRawAsync(batch % 2, 1_000L * batch, 400, CompactionFixture.Monday.AddHours(9 * batch));
        }

        RenameTopic("smart-city-sensors");
        int[] finished = [1, 4, 9];
        foreach (int lines in finished)
        {
            await using WorkerProcess killed = Start("--yes");
            await killed.BecomesAsync(() => killed.Output.Split('\n').Count(line => line.StartsWith("merged ", StringComparison.Ordinal)) >= lines || killed.HasExited, $"{lines} days are merged");
            await killed.KillAsync();
        }

        await using WorkerProcess heir = Start("--yes");
        Assert.That(await heir.ExitAsync(), Is.Zero, heir.Output);
        _test.AssertMergedIsRaw();

        await using WorkerProcess verification = WorkerProcess.Start(Settings(), "lake", "compact");
        Assert.That(await verification.ExitAsync(), Is.Zero);
        Assert.That(verification.Output, Does.Contain("would merge 0 objects of 0 days"));
    }

    [Test]
    public async Task On_a_lake_that_does_not_answer_it_says_so_and_ends_with_1()
    {
        await using WorkerProcess worker = WorkerProcess.Start(
            new Dictionary<string, string> { ["Kafka:BootstrapServers"] = "127.0.0.1:1", ["Lake:Endpoint"] = "http://127.0.0.1:1", ["Lake:AccessKey"] = "key", ["Lake:SecretKey"] = "s3cr3t" },
            "lake", "compact", "--yes", $"--scratch={_test.Scratch}");

        Assert.That(await worker.ExitAsync(), Is.EqualTo(1));
        Assert.That(worker.Output, Does.Contain("could not list raw-data/").And.Contain("run it again to go on."));
    }

    private WorkerProcess Start(params string[] arguments) => WorkerProcess.Start(Settings(), ["lake", "compact", $"--scratch={_test.Scratch}", .. arguments]);

    private Dictionary<string, string> Settings() => new() { ["Kafka:BootstrapServers"] = "127.0.0.1:1", ["Lake:Folder"] = _test.Lake.Path };

    private void RenameTopic(string topic)
    {
        foreach (string file in Directory.GetFiles(_test.Lake.Path, $"{RawBatch.Topic}-*", SearchOption.AllDirectories))
        {
            File.Move(file, Path.Combine(Path.GetDirectoryName(file)!, topic + Path.GetFileName(file)[RawBatch.Topic.Length..]));
        }
    }
}
