using System.Text.Json;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Deployment;

/// <summary>tools/audit/run.sh with this repository's Directory.Build.props, on a package source whose advisories are the test's own.</summary>
internal sealed class AuditTests
{
    private static readonly string Packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private string _folder = null!;

    [SetUp]
    public void MakeAProject()
    {
        _folder = Scratch.Folder("audit");
        File.Copy(Repository.Path("Directory.Build.props"), Path.Combine(_folder, "Directory.Build.props"));
        File.Copy(Repository.Path("Directory.Packages.props"), Path.Combine(_folder, "Directory.Packages.props"));
        File.Copy(Repository.Path("BannedSymbols.txt"), Path.Combine(_folder, "BannedSymbols.txt"));
        File.WriteAllText(Path.Combine(_folder, "Some.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <ItemGroup><PackageReference Include="Confluent.Kafka" /></ItemGroup>
            </Project>
            """);
    }

    [TearDown]
    public void Remove() => Scratch.Remove(_folder);

    // librdkafka.redist comes with Confluent.Kafka.
    [TestCase("Confluent.Kafka")]
    [TestCase("librdkafka.redist")]
    public async Task A_package_with_a_known_weakness_fails_it_whether_ours_or_anothers(string weak)
    {
        await using WebApplication source = await SourceAsync(weak);

        var (exitCode, told) = await AuditAsync(source);

        Assert.That((exitCode, told), Is.EqualTo((1, told)));
        Assert.That(told, Does.Contain($"Package '{weak}'").IgnoreCase.And.Contain("https://example.org/advisory").And.Contain("known weaknesses"));
    }

    [Test]
    public async Task A_source_that_knows_of_none_passes_it()
    {
        await using WebApplication source = await SourceAsync("Some.Other.Package");

        Assert.That(await AuditAsync(source), Is.EqualTo((0, "audit: no known weakness in any package, direct or transitive, by the data of 1 source(s)")));
    }

    [Test]
    public async Task A_source_without_such_data_passes_it_and_it_says_that_nothing_was_audited()
    {
        await using WebApplication source = await SourceAsync(weak: null);

        var (exitCode, told) = await AuditAsync(source);

        Assert.That(exitCode, Is.Zero, told);
        Assert.That(told.Split('\n')[^1], Is.EqualTo("audit: no source has data on vulnerabilities: nothing was audited"));
    }

    private async Task<(int ExitCode, string Output)> AuditAsync(WebApplication source)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "nuget.config"), $"""
            <configuration>
              <auditSources>
                <clear />
                <add key="test" value="{source.Urls.First()}/index.json" allowInsecureConnections="true" />
              </auditSources>
            </configuration>
            """);

        // What this run was built from is on this machine: no package is fetched.
        var environment = new Dictionary<string, string> { ["NUGET_PACKAGES"] = Packages, ["MSBUILDDISABLENODEREUSE"] = "1" };
        await using ChildProcess audit = ChildProcess.Start(["bash", Repository.Path("tools/audit/run.sh"), Path.Combine(_folder, "Some.csproj")], environment);
        await audit.EndsAsync();
        return (audit.ExitCode, audit.Output);
    }

    /// <summary>A package source as far as the audit goes: its index, and what is known of one package. Without one it has no such data.</summary>
    private static async Task<WebApplication> SourceAsync(string? weak)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication source = builder.Build();
        source.MapGet("/index.json", (HttpRequest request) => Json(new
        {
            version = "3.0.0",
            resources = weak is null ? [] : new[] { Resource($"http://{request.Host}/known.json", "VulnerabilityInfo/6.7.0") },
        }));
        source.MapGet("/known.json", (HttpRequest request) => Json(new[] { new Dictionary<string, string>
        {
            ["@name"] = "base",
            ["@id"] = $"http://{request.Host}/base.json",
            ["@updated"] = "2026-01-01T00:00:00Z",
        } }));
        source.MapGet("/base.json", () => Json(new Dictionary<string, object>
        {
            [weak!.ToLowerInvariant()] = new[] { new { severity = 0, url = "https://example.org/advisory", versions = "(, )" } },
        }));
        await source.StartAsync();
        return source;
    }

    private static Dictionary<string, string> Resource(string id, string type) => new() { ["@id"] = id, ["@type"] = type };

    private static IResult Json<T>(T value) => Results.Text(JsonSerializer.Serialize(value), "application/json");
}
