using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;

using SmartCity.AppHost.Cli;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.AppHost;

/// <summary>The program as its users start and stop it.</summary>
[TestFixture]
internal sealed partial class AppHostProcessTests
{
    private const int SigInt = 2;

    /// <summary>The first lines of a run, as README and PRODUCT show them.</summary>
    private const string WhatItPrints = @"^Smart City — embedded: in-memory broker \(at-least-once\), SQLite, local lake
  port \d+ is taken; this run has \d+
  dashboard  http://localhost:(\d+) +api docs  http://localhost:\1/docs
  kafka      127\.0\.0\.1:\d+ +data  …/smartcity-\w+ \(--keep DIR\)
  ✓ broker [\d.]+s  ✓ database [\d.]+s  ✓ worker [\d.]+s  ✓ api [\d.]+s  ✓ simulator 20/s
  windows update live; each is final 10 min after it ends\.  Ctrl\+C stops\.";

    [TestCase(SigInt, "--history 10m", "0.17")]
    [TestCase(ChildProcess.SigTerm, "", "2")]
    public async Task It_takes_the_next_port_begins_with_the_past_and_leaves_nothing_behind_when_it_is_stopped(int signal, string history, string hours)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var temporary = Directory.CreateTempSubdirectory("apphost-").FullName;
        try
        {
            await using var process = Start(temporary, ["--port", $"{port}", .. history.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
            await process.WritesAsync("windows update live", TimeSpan.FromMinutes(2));
            var running = TimeProvider.System.GetUtcNow();
            Assert.That(process.Output, Does.Match(WhatItPrints));
            await process.WritesAsync($"readings of the past {hours} h sent in", TimeSpan.FromMinutes(4));
            var address = Dashboard().Match(process.Output).Groups[1].Value;
            using var http = new HttpClient();
            await process.BecomesAsync(
                async () => JsonDocument.Parse(await http.GetStringAsync(new Uri($"{address}/query/air-quality?city=Warsaw&order=asc&limit=1"))).RootElement.GetProperty("results").EnumerateArray()
                    .Any(row => running - row.GetProperty("window_start").GetDateTimeOffset() >= TimeSpan.FromHours(double.Parse(hours, CultureInfo.InvariantCulture)) - TimeSpan.FromMinutes(1)),
                "there are rows of the past",
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
    public async Task What_is_to_be_kept_stays_and_the_browser_opens_where_it_is_asked_for()
    {
        var temporary = Directory.CreateTempSubdirectory("apphost-").FullName;
        var kept = Path.Combine(temporary, "kept");
        try
        {
            // A stand-in for the browser, which notes what it is to show.
            var opened = Path.Combine(temporary, "opened");
            var browser = Path.Combine(temporary, "xdg-open");
            await File.WriteAllTextAsync(browser, $"#!/bin/sh\necho \"$1\" > '{opened}.part' && mv '{opened}.part' '{opened}'\n");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(browser, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            await using var process = Start(
                temporary, new Dictionary<string, string> { ["PATH"] = $"{temporary}:{Environment.GetEnvironmentVariable("PATH")}" }, "--port", "0", "--keep", kept, "--no-simulator", "--open");
            await process.WritesAsync("windows update live", TimeSpan.FromMinutes(2));
            await process.BecomesAsync(() => Task.FromResult(File.Exists(opened)), "the browser is opened", TimeSpan.FromMinutes(1));
            Assert.That((await File.ReadAllTextAsync(opened)).Trim(), Is.EqualTo(Dashboard().Match(process.Output).Groups[1].Value + "/"));
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

    [Test]
    public async Task Everything_that_is_wrong_with_the_settings_is_said_at_once_with_the_remedy_and_ends_with_78()
    {
        var temporary = Directory.CreateTempSubdirectory("apphost-").FullName;
        try
        {
            await using var process = Start(temporary, new Dictionary<string, string>
            {
                ["Streams__Window__Advance"] = "00:02:00",
                ["Readings__TimestampsWithoutOffset"] = "Local",
                ["Api__RequestsPerMinute"] = "-1",
                ["Alerts__Rules__0__Id"] = "mine",
                ["Alerts__Rules__0__Type"] = "noise",
                ["Retention__Sldiing"] = "1d",
            }, "--port", "0");
            await process.EndsAsync(TimeSpan.FromMinutes(2));

            Assert.Multiple(() =>
            {
                Assert.That(process.ExitCode, Is.EqualTo(78), process.Output);
                Assert.That(process.Output, Does.Contain("Streams:Window:Advance is 00:02:00 but must divide Size (00:05:00). Set Streams__Window__Advance=00:01:00."));
                Assert.That(process.Output, Does.Match("Readings:TimestampsWithoutOffset is Local but must be .+ Set Readings__TimestampsWithoutOffset="));
                Assert.That(process.Output, Does.Match("Api:RequestsPerMinute is -1 but must be .+ Set Api__RequestsPerMinute="));
                Assert.That(process.Output, Does.Match("Alerts:Rules:0:Type is noise but must be .+ Set Alerts__Rules__0__Type=").And.Contain("Alerts:Rules:0:Metric is not set"));
                Assert.That(process.Output, Does.Contain("Retention:Sldiing"));
                Assert.That(process.Output, Does.Not.Contain("   at "), "no stack trace");
                Assert.That(process.Output.Split('\n'), Is.Unique, "nothing twice, though worker and API share settings");
                Assert.That(Directory.EnumerateDirectories(temporary, "smartcity-*"), Is.Empty);
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

    private static ChildProcess Start(string temporary, params string[] arguments) => Start(temporary, new Dictionary<string, string>(), arguments);

    private static ChildProcess Start(string temporary, IReadOnlyDictionary<string, string> more, params string[] arguments)
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
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        return ChildProcess.Start([dotnet, Path.Combine(AppContext.BaseDirectory, "SmartCity.AppHost.dll"), .. arguments], environment);
    }

    [GeneratedRegex(@"dashboard\s+(http://localhost:\d+)")]
    private static partial Regex Dashboard();
}
