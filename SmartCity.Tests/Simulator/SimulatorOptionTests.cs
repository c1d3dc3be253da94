using System.Globalization;
using System.Text;
using System.Text.Json;

using SmartCity.AppHost.Broker;
using SmartCity.Domain.Readings;
using SmartCity.Simulator.Cli;
using SmartCity.Tests.Oracle;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Simulator;

/// <summary>Every option of the command line does what it says: each test fails where the option does nothing.</summary>
[TestFixture]
internal sealed class SimulatorOptionTests
{
    private const string Topic = "smart-city-sensors";
    private static readonly DateTimeOffset Start = new(2026, 1, 15, 3, 0, 0, TimeSpan.Zero);

    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("options-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Rate_and_duration_say_how_many()
    {
        Assert.That(await GenerateAsync("--rate 20 --duration 5m"), Has.Count.EqualTo(6000).Within(2).Percent);
        Assert.That(await GenerateAsync("--rate 20 --duration 60"), Has.Count.EqualTo(1200).Within(3).Percent);
        Assert.That(await GenerateAsync("--rate 2.5 --duration 5m"), Has.Count.EqualTo(750).Within(5).Percent);
    }

    [Test]
    public async Task Sensors_cities_and_types_say_who()
    {
        var few = Readings(await GenerateAsync("--sensors 7 --rate 5 --duration 5m"));
        var some = Readings(await GenerateAsync("--cities Kraków,berlin --types traffic,air-quality --rate 5 --duration 5m"));
        Assert.Multiple(() =>
        {
            Assert.That(few.Select(one => Text(one, "sensor_id")).Distinct().Count(), Is.EqualTo(7));
            Assert.That(some.Select(one => Text(one, "city")).Distinct(), Is.EquivalentTo((string[])["Kraków", "Berlin"]));
            Assert.That(some.Select(one => Text(one, "sensor_type")).Distinct(), Is.EquivalentTo((string[])["traffic", "air_quality"]));
        });
    }

    [Test]
    public async Task The_seed_decides_every_byte()
    {
        const string More = "--rate 20 --duration 1m --late-fraction 0.1 --fault-fraction 0.1 --duplicate-fraction 0.1";
        var first = await GenerateAsync($"{More} --seed 7");
        Assert.That(await GenerateAsync($"{More} --seed 7"), Is.EqualTo(first));
        Assert.That(await GenerateAsync($"{More} --seed 8"), Is.Not.EqualTo(first));
    }

    [Test]
    public async Task Start_and_history_say_when()
    {
        var without = Readings(await GenerateAsync("--rate 20 --duration 1m"));
        var with = Readings(await GenerateAsync("--rate 20 --duration 1m --history 3m"));
        Assert.Multiple(() =>
        {
            Assert.That(without.Min(Time), Is.EqualTo(Start).Within(TimeSpan.FromSeconds(1)));
            Assert.That(with.Min(Time), Is.EqualTo(Start.AddMinutes(-3)).Within(TimeSpan.FromSeconds(1)));
            Assert.That(with.Max(Time), Is.EqualTo(Start.AddMinutes(1)).Within(TimeSpan.FromSeconds(1)));
        });
    }

    [Test]
    public async Task Some_readings_are_late_and_none_by_more_than_asked_for()
    {
        Assert.That(Delays(await GenerateAsync("--rate 20 --duration 5m")).Max(), Is.LessThan(TimeSpan.FromSeconds(1)));
        var delays = Delays(await GenerateAsync("--rate 20 --duration 10m --late-fraction 0.3 --late-max 2m"));
        Assert.Multiple(() =>
        {
            Assert.That(delays.Count(delay => delay > TimeSpan.FromSeconds(1)) / (double)delays.Count, Is.InRange(0.2, 0.32));
            Assert.That(delays.Max(), Is.InRange(TimeSpan.FromSeconds(100), TimeSpan.FromMinutes(2)));
        });
    }

    [Test]
    public async Task Some_readings_break_a_rule()
    {
        var parser = new ReadingParser(new ReadingRules());
        Assert.That(InvalidShare(await GenerateAsync("--rate 20 --duration 1m")), Is.Zero);
        Assert.That(InvalidShare(await GenerateAsync("--rate 20 --duration 5m --fault-fraction 0.2")), Is.EqualTo(0.2).Within(0.03));

        double InvalidShare(List<string> lines) => lines.Count(line => !parser.TryParse(Encoding.UTF8.GetBytes(line), Start.AddHours(1).ToUnixTimeMilliseconds(), out _, out _)) / (double)lines.Count;
    }

    [Test]
    public async Task Some_readings_come_twice()
    {
        var once = await GenerateAsync("--rate 20 --duration 5m");
        var twice = await GenerateAsync("--rate 20 --duration 5m --duplicate-fraction 0.1");
        Assert.That(once, Is.Unique);
        Assert.That(twice.Count - twice.Distinct().Count(), Is.EqualTo(600).Within(15).Percent);
    }

    [Test]
    public async Task Some_sensors_fall_silent_within_the_first_hour()
    {
        var last = Readings(await GenerateAsync("--rate 2 --sensors 40 --duration 90m --silent-fraction 0.5")).Where(one => Time(one) > Start.AddMinutes(61));
        Assert.That(last.Select(one => Text(one, "sensor_id")).Distinct().Count(), Is.EqualTo(20));
    }

    [Test]
    public async Task The_profile_says_what_day_it_is()
    {
        // It is three at night, four in Warsaw.
        const string More = "--rate 20 --duration 40m --cities Warsaw,Berlin";
        var steady = await GenerateAsync(More);
        var storm = await GenerateAsync($"{More} --profile storm");
        var rush = await GenerateAsync($"{More} --profile rush-hour");
        var outage = await GenerateAsync($"{More} --profile outage");
        Assert.Multiple(() =>
        {
            Assert.That(Mean(storm, "precipitation"), Is.GreaterThan(Mean(steady, "precipitation") + 4));
            Assert.That(Mean(rush, "vehicle_count"), Is.GreaterThan(4 * Mean(steady, "vehicle_count")));
            Assert.That(Delays(outage).Count(delay => delay > TimeSpan.FromMinutes(1)), Is.GreaterThan(1000), "what was measured while a city was cut off comes afterwards");
            Assert.That(Delays(steady).Max(), Is.LessThan(TimeSpan.FromSeconds(1)));
        });
    }

    [Test]
    public async Task The_topic_and_the_history_of_a_run_are_those_asked_for()
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic(Topic, 1);
        broker.CreateTopic("elsewhere", 1);

        Assert.That(await RunAsync($"run -b {broker.BootstrapServers} --topic elsewhere --rate 50 --duration 200ms --history 20s --fault-fraction 0 --late-fraction 0 --duplicate-fraction 0 --quiet"), Is.Zero);

        Assert.That(LogReader.Read(broker.BootstrapServers, "elsewhere")[0], Has.Count.InRange(990, 1020));
        Assert.That(LogReader.Read(broker.BootstrapServers, Topic)[0], Is.Empty);
    }

    [TestCase("", 1)]
    [TestCase("--speed 0", 2)]
    [TestCase("--speed 36000", 2)]
    public async Task A_replay_goes_at_the_speed_and_for_the_time_asked_for(string speed, int sent)
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic(Topic, 1);

        // An hour lies between the two: at the recording's own pace the second is not reached within the two seconds.
        Assert.That(await RunAsync($"replay {await TwoReadingsAsync()} {speed} --duration 2 -b {broker.BootstrapServers} --quiet".Replace("  ", " ", StringComparison.Ordinal)), Is.Zero);

        Assert.That(LogReader.Read(broker.BootstrapServers, Topic)[0], Has.Count.EqualTo(sent));
    }

    [Test]
    public async Task A_replay_is_moved_to_now_or_to_another_moment_or_not_at_all()
    {
        Assert.That(await NewestAsync(""), Is.EqualTo(Start.AddHours(1)));
        Assert.That(await NewestAsync("--rebase 2027-05-01T00:00:00Z"), Is.EqualTo(new DateTimeOffset(2027, 5, 1, 0, 0, 0, TimeSpan.Zero)));
        Assert.That(await NewestAsync("--rebase now"), Is.EqualTo(TimeProvider.System.GetUtcNow()).Within(TimeSpan.FromMinutes(5)));

        async Task<DateTimeOffset> NewestAsync(string rebase)
        {
            using var broker = EmbeddedBroker.Start();
            broker.CreateTopic(Topic, 1);
            Assert.That(await RunAsync($"replay {await TwoReadingsAsync()} --speed 0 {rebase} -b {broker.BootstrapServers} --quiet".Replace("  ", " ", StringComparison.Ordinal)), Is.Zero);
            return LogReader.Read(broker.BootstrapServers, Topic)[0].Max(record => Time(JsonSerializer.Deserialize<JsonElement>(record.Value)));
        }
    }

    [TestCase("", true)]
    [TestCase("--quiet", false)]
    public async Task It_tells_how_it_went_unless_it_is_to_be_quiet(string quiet, bool isTold)
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic(Topic, 1);

        // The program as it is built: beside the tests it has not all that it needs.
        string program = Path.Combine(AppContext.BaseDirectory.Replace("SmartCity.Tests", "SmartCity.Simulator", StringComparison.Ordinal), "SmartCity.Simulator.dll");
        await using var process = ChildProcess.Start(
            ["dotnet", program, "-b", broker.BootstrapServers, "--rate", "20", "--duration", "500ms", .. quiet.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        await process.EndsAsync();
        Assert.That((process.ExitCode, process.Output.Contains("records acknowledged", StringComparison.Ordinal)), Is.EqualTo((0, isTold)), process.Output);
        Assert.That(process.Output.Length > 0, Is.EqualTo(isTold), process.Output);
    }

    /// <summary>The lines of a file of readings from <see cref="Start"/>, none of them late, faulty, doubled or missing unless asked for.</summary>
    private async Task<List<string>> GenerateAsync(string more)
    {
        string path = Path.Combine(_folder, "out.ndjson");
        var line = new List<string>($"generate --out {path} --start {Start:yyyy-MM-dd'T'HH:mm:ss'Z'} {more}".Split(' '));
        foreach (string option in (string[])["--late-fraction", "--fault-fraction", "--duplicate-fraction", "--silent-fraction"])
        {
            if (!line.Contains(option))
            {
                line.AddRange([option, "0"]);
            }
        }

        Assert.That(await SimulatorCommand.RunAsync([.. line], CancellationToken.None), Is.Zero);
        return [.. await File.ReadAllLinesAsync(path)];
    }

    private async Task<string> TwoReadingsAsync()
    {
        string path = Path.Combine(_folder, "two.ndjson");
        await File.WriteAllLinesAsync(path, ((DateTimeOffset[])[Start, Start.AddHours(1)]).Select(time =>
            $$$"""{"sensor_id":"S","sensor_type":"weather","city":"X","timestamp":"{{{time:yyyy-MM-dd'T'HH:mm:ss'Z'}}}","metrics":{"temperature":1}}"""));
        return path;
    }

    private static Task<int> RunAsync(string line) => SimulatorCommand.RunAsync([.. line.Split(' ')], CancellationToken.None);

    private static List<JsonElement> Readings(List<string> lines) => lines.ConvertAll(line => JsonSerializer.Deserialize<JsonElement>(line));

    private static string Text(JsonElement reading, string member) => reading.GetProperty(member).GetString()!;

    private static DateTimeOffset Time(JsonElement reading) => DateTimeOffset.Parse(Text(reading, "timestamp"), CultureInfo.InvariantCulture);

    /// <summary>How far each reading lies behind the newest one ahead of it.</summary>
    private static List<TimeSpan> Delays(List<string> lines)
    {
        var newest = DateTimeOffset.MinValue;
        return Readings(lines).ConvertAll(reading =>
        {
            var time = Time(reading);
            newest = time > newest ? time : newest;
            return newest - time;
        });
    }

    private static double Mean(List<string> lines, string metric) => Readings(lines)
        .Select(reading => reading.GetProperty("metrics").TryGetProperty(metric, out var value) ? value : default)
        .Where(value => value.ValueKind is JsonValueKind.Number or JsonValueKind.Object)
        .Average(value => value.ValueKind == JsonValueKind.Object ? value.GetProperty("value").GetDouble() : value.GetDouble());
}
