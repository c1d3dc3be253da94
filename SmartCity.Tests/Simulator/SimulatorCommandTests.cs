using System.Text;

using SmartCity.AppHost.Broker;
using SmartCity.Simulator.Cli;
using SmartCity.Simulator.Replay;

namespace SmartCity.Tests.Simulator;

[TestFixture]
internal sealed class SimulatorCommandTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("simulator-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("--rate fast")]
    [TestCase("--cities Atlantis")]
    [TestCase("--types smell")]
    [TestCase("--profile holiday")]
    [TestCase("--duration soon")]
    [TestCase("--start someday")]
    [TestCase("--late-fraction 2")]
    [TestCase("--late-fraction 0.9 --fault-fraction 0.9")]
    [TestCase("--sensors 0")]
    [TestCase("--history 1h --rate 0")]
    [TestCase("--property nonsense")]
    [TestCase("--bootstrap-servers nowhere")]
    [TestCase("--no-such-option")]
    [TestCase("generate")]
    [TestCase("generate --out {0} --rate 0 --duration 1s")]
    [TestCase("generate --out {0}")]
    [TestCase("replay {0}/missing.ndjson")]
    [TestCase("validate {0}/missing.ndjson")]
    public async Task What_cannot_be_meant_ends_with_2(string line) => Assert.That(await RunAsync(line), Is.EqualTo(2));

    [Test]
    public async Task A_broker_that_does_not_answer_ends_with_3() =>
        Assert.That(await RunAsync("--bootstrap-servers 127.0.0.1:1 --rate 5 --duration 1 --quiet"), Is.EqualTo(3));

    [Test]
    public async Task Without_a_verb_it_runs_and_all_is_delivered()
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic("smart-city-sensors", 2);

        var code = await RunAsync($"-b {broker.BootstrapServers} --rate 100 --duration 500ms --history 10s --quiet");

        Assert.That(code, Is.Zero);
    }

    [Test]
    public async Task Generated_files_are_the_same_for_the_same_seed_and_can_be_replayed()
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic("smart-city-sensors", 2);
        var (plain, zipped) = (Path.Combine(_folder, "a.ndjson"), Path.Combine(_folder, "b.ndjson.gz"));
        const string City = "--rate 20 --duration 5m --start 2026-01-15T06:00:00Z --seed 7 --fault-fraction 0 --cities Kraków,berlin --types traffic,air-quality";

        Assert.That(await RunAsync($"generate --out {plain} {City}"), Is.Zero);
        Assert.That(await RunAsync($"generate --out {zipped} {City}"), Is.Zero);

        Assert.Multiple(async () =>
        {
            Assert.That(Lines(zipped), Is.EqualTo(Lines(plain)));
            Assert.That(Lines(plain), Has.Count.EqualTo(6000).Within(2).Percent);
            Assert.That(await RunAsync($"validate {plain}"), Is.Zero);
            Assert.That(await RunAsync($"replay {zipped} --speed 0 --rebase now -b {broker.BootstrapServers} --quiet"), Is.Zero);
        });
    }

    [Test]
    public async Task A_file_with_faulty_readings_does_not_pass_validation_and_is_told_why()
    {
        var path = Path.Combine(_folder, "a.ndjson");
        await RunAsync($"generate --out {path} --rate 20 --duration 1m --start 2026-01-15T06:00:00Z --fault-fraction 0.5");
        var told = new StringWriter();
        using var lines = LineReader.Open(path);

        var code = ValidateCommand.Judge(lines, DateTimeOffset.Parse("2026-01-15T06:01:00Z", System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds(), told);

        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(1));
            Assert.That(told.ToString(), Does.Contain("metric_out_of_range").And.Contain("timestamp_in_future").And.Contain("air_quality"));
        });
    }

    private static List<string> Lines(string path)
    {
        using var reader = LineReader.Open(path);
        var lines = new List<string>();
        while (reader.TryRead(out var line))
        {
            lines.Add(Encoding.UTF8.GetString(line));
        }

        return lines;
    }

    private Task<int> RunAsync(string line) =>
        SimulatorCommand.RunAsync([.. line.Split(' ').Select(part => part.Replace("{0}", _folder, StringComparison.Ordinal))], CancellationToken.None);
}
