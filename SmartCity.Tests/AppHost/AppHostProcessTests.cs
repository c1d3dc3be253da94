using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

using SmartCity.AppHost.Cli;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.AppHost;

/// <summary>The program as its users start and stop it.</summary>
[TestFixture]
internal sealed partial class AppHostProcessTests
{
    private const int SigInt = 2;

    [TestCase(SigInt)]
    [TestCase(ChildProcess.SigTerm)]
    public async Task It_takes_the_next_port_shows_rows_and_leaves_nothing_behind_when_it_is_stopped(int signal)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var temporary = Directory.CreateTempSubdirectory("apphost-").FullName;
        try
        {
            await using var process = Start(temporary, "--port", $"{port}", "--history", "10m");
            await process.WritesAsync("windows update live", TimeSpan.FromMinutes(2));
            var address = Dashboard().Match(process.Output).Groups[1].Value;
            using var http = new HttpClient();
            await process.BecomesAsync(
                async () => (await http.GetStringAsync(new Uri($"{address}/query/air-quality?city=Warsaw"))).Contains("avg_pm25", StringComparison.Ordinal),
                "there are rows",
                TimeSpan.FromMinutes(1));
            Assert.That(Directory.EnumerateDirectories(temporary, "smartcity-*").Count(), Is.EqualTo(1));

            await process.EndAsync(signal);

            Assert.Multiple(() =>
            {
                Assert.That(process.ExitCode, Is.Zero, process.Output);
                Assert.That(process.Output, Does.Contain($"port {port} is taken; this run has").And.Contain("stopped in"));
                Assert.That(process.Output, Does.Not.Match("(?m)^(warn|fail|crit)"), "the console is the banner's");
                Assert.That(Directory.EnumerateDirectories(temporary, "smartcity-*"), Is.Empty);
            });
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    [Test]
    public async Task What_is_to_be_kept_stays()
    {
        var temporary = Directory.CreateTempSubdirectory("apphost-").FullName;
        var kept = Path.Combine(temporary, "kept");
        try
        {
            await using var process = Start(temporary, "--port", "0", "--keep", kept, "--no-simulator");
            await process.WritesAsync("windows update live", TimeSpan.FromMinutes(2));
            await process.EndAsync(ChildProcess.SigTerm);

            Assert.Multiple(() =>
            {
                Assert.That(process.ExitCode, Is.Zero, process.Output);
                Assert.That(process.Output, Does.Contain($"data stays in {kept}"));
                Assert.That(File.Exists(Path.Combine(kept, "smartcity.db")));
                Assert.That(new FileInfo(Path.Combine(kept, "smartcity.log")).Length, Is.Positive);
            });
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    [TestCase("--rate -1", 2)]
    [TestCase("--rate 0", 2)]
    [TestCase("--sensors 0", 2)]
    [TestCase("--port 70000", 2)]
    [TestCase("--history 400d", 2)]
    [TestCase("--nonsense", 2)]
    [TestCase("--keep {full}", 2)]
    [TestCase("--keep {file}/below", 1)]
    public async Task What_cannot_be_done_is_said_and_ends_with_a_code_of_its_own(string arguments, int expected)
    {
        var folder = Directory.CreateTempSubdirectory("apphost-").FullName;
        var file = Path.Combine(folder, "a-file");
        await File.WriteAllTextAsync(file, "not a folder");
        using var told = new StringWriter();
        try
        {
            string[] line = [.. arguments.Split(' ').Select(a => a.Replace("{full}", folder, StringComparison.Ordinal).Replace("{file}", file, StringComparison.Ordinal))];

            var code = await AppHostCommand.RunAsync(line, told, told, CancellationToken.None);

            Assert.That((code, told.ToString().Length > 0), Is.EqualTo((expected, true)), told.ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ChildProcess Start(string temporary, params string[] arguments)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";

        // Settings for another installation must not get into this one.
        var environment = new Dictionary<string, string>
        {
            ["TMPDIR"] = temporary,
            ["KAFKA_BOOTSTRAP_SERVERS"] = "nowhere.invalid:9092",
            ["Lake__Endpoint"] = "http://nowhere.invalid",
            ["DB_HOST"] = "nowhere.invalid",
            ["PORT"] = "1",
        };
        return ChildProcess.Start([dotnet, Path.Combine(AppContext.BaseDirectory, "SmartCity.AppHost.dll"), .. arguments], environment);
    }

    [GeneratedRegex(@"dashboard\s+(http://localhost:\d+)")]
    private static partial Regex Dashboard();
}
