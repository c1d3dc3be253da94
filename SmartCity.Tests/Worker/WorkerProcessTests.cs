using System.Net;


namespace SmartCity.Tests.Worker;

/// <summary>The worker's manners as a process, where nothing it needs is there: they need no servers.</summary>
internal sealed class WorkerProcessTests
{
    private static readonly Dictionary<string, string> NothingThere = new()
    {
        ["Kafka:BootstrapServers"] = "127.0.0.1:1",
        ["ConnectionStrings:SmartCity"] = "Host=127.0.0.1;Port=1;Database=city;Username=me;Password=hunter2",
        ["Lake:Endpoint"] = "http://127.0.0.1:1",
        ["Lake:AccessKey"] = "key",
        ["Lake:SecretKey"] = "s3cr3t",
    };

    [Test]
    public async Task A_wrong_configuration_ends_it_with_78_and_every_error_at_once()
    {
        await using var worker = WorkerProcess.Start(new Dictionary<string, string>
        {
            ["Streams:Window:Advance"] = "00:02:00",
            ["Streams:Threads"] = "many",
            ["Lake:Endpoint"] = "s3",
            ["Lake:SecretKey"] = "hunter2",
            ["Worker:Port"] = "http",
        });

        Assert.That(await worker.ExitAsync(), Is.EqualTo(78));
        Assert.That(worker.Output.Split('\n'), Is.EquivalentTo(new[]
        {
            "Streams:Threads is many but must be a whole number from 1 to 64. Set Streams__Threads=1.",
            "Streams:Window:Advance is 00:02:00 but must divide Size (00:05:00). Set Streams__Window__Advance=00:01:00.",
            "Kafka:BootstrapServers is not set but must name at least one broker. Set Kafka__BootstrapServers=localhost:9092.",
            "Worker:Port is http but must be a port (0 for any free one) or off. Set Worker__Port=8081.",
            "ConnectionStrings:SmartCity is not set but must say where the Postgres database is. "
                + "Set ConnectionStrings__SmartCity=\"Host=localhost;Database=smartcity;Username=smartcity;Password=…\".",
            "Lake:Endpoint is s3 but must be http:// or https:// with a host and no path. Set Lake__Endpoint=http://localhost:7070.",
            "Lake:AccessKey is not set but Lake:Endpoint needs it. Set Lake__AccessKey.",
        }));
    }

    [TestCase(new[] { "fly" }, 2, "fly is no verb of the worker.")]
    [TestCase(new[] { "--help" }, 0, "usage: ")]
    [TestCase(new[] { "migrate" }, 78, "ConnectionStrings:SmartCity is not set")]
    [TestCase(new[] { "lake" }, 2, "lake is no verb of the worker.")]
    [TestCase(new[] { "lake", "verify", "--yes" }, 2, "--yes is no option of lake verify, which takes settings (--SECTION:KEY=VALUE).")]
    [TestCase(new[] { "reset", "--yess" }, 2, "--yess is no option of reset, which takes --yes, settings (--SECTION:KEY=VALUE).")]
    public async Task Its_command_line_answers(string[] arguments, int exitCode, string output)
    {
        await using var worker = WorkerProcess.Start(new Dictionary<string, string>(), arguments);

        Assert.That(await worker.ExitAsync(), Is.EqualTo(exitCode));
        Assert.That(worker.Output, Does.Contain(output));
    }

    [Test]
    public async Task With_everything_down_it_lives_says_so_and_stops_when_told_to()
    {
        await using var worker = WorkerProcess.Start(NothingThere);
        await worker.HealthBecomesAsync(
            health => health.GetProperty("kafka").GetString() == "down" && health.GetProperty("database").GetString() == "down"
                && health.GetProperty("storage").GetString() == "down",
            "health knows that everything is down");

        var health = await worker.HealthAsync();
        Assert.Multiple(() =>
        {
            Assert.That(health.GetProperty("status").GetString(), Is.EqualTo("degraded"));
            Assert.That(health.GetProperty("stream").GetString(), Is.EqualTo("waiting for kafka"));
            Assert.That(health.GetProperty("timestamp").GetDateTimeOffset().Offset, Is.EqualTo(TimeSpan.Zero));
            Assert.That(
                health.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()),
                Has.Some.StartsWith("Kafka does not answer").And.Some.StartsWith("The database does not answer").And.Some.StartsWith("The lake does not answer"));
        });
        var (live, ready) = (await worker.GetAsync("/health/live"), await worker.GetAsync("/health/ready"));
        Assert.That((live.Status, ready.Status), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable)));
        Assert.That(live.Body, Does.Contain("\"status\":\"live\""));
        Assert.That(ready.Body, Does.Contain("\"status\":\"not_ready\"").And.Contains("\"postgres\":\"waiting for database\""));
        await worker.WritesAsync("Kafka at 127.0.0.1:1 cannot be reached (");
        await worker.WritesAsync("PostgreSQL 127.0.0.1:1/city cannot be reached (Connection refused)");

        Assert.That(await worker.TerminateAsync(), Is.Zero, () => worker.Output);
        Assert.That(worker.Output, Does.Not.Contain("   at "), "no stack traces for what is merely not there");
        Assert.That(worker.Output, Does.Not.Contain("hunter2").And.Not.Contain("s3cr3t"));
    }

    [Test]
    public async Task A_port_that_is_taken_is_an_error_with_a_free_one_as_remedy()
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Any, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var worker = WorkerProcess.Start(new Dictionary<string, string>(NothingThere) { ["Worker:Port"] = $"{port}" });

        Assert.That(await worker.ExitAsync(), Is.EqualTo(78));
        Assert.That(worker.Output, Does.Match($@"^Worker:Port is {port} but is in use by another program\. Set Worker__Port=\d+\.$"));
    }
}
