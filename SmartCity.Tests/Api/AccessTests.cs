using System.Security.Cryptography;
using System.Text;

using Microsoft.Extensions.Configuration;

using SmartCity.Api;
using SmartCity.Domain.Configuration;

namespace SmartCity.Tests.Api;

internal sealed class AccessTests
{
    private const string Reading = """{"sensor_id":"A"}""";

    [Test]
    public void Open_ingest_outside_development_stops_the_start_and_says_what_to_set()
    {
        var error = Assert.Throws<ConfigurationException>(() => Build("Production", "http://127.0.0.1:0"))!;
        Assert.That(error.Message, Does.Contain("Api:Keys").And.Contain("Api__Keys__0__Sha256"));
    }

    [TestCase("http://*:0")]
    [TestCase("http://0.0.0.0:8000")]
    [TestCase("http://[::]:8000")]
    [TestCase("http://127.0.0.1:0;http://10.0.0.1:8000")]
    public void Open_ingest_beyond_loopback_stops_the_start_too(string urls)
        => Assert.Throws<ConfigurationException>(() => Build("Development", urls));

    [TestCase("http://127.0.0.1:0")]
    [TestCase("http://localhost:0")]
    [TestCase("http://[::1]:0")]
    public async Task A_developer_needs_no_key_on_loopback(string urls) => await Build("Development", urls).DisposeAsync();

    [Test]
    public void Every_error_is_told_at_once()
    {
        var error = Assert.Throws<ConfigurationException>(() => ApiHost.Build(["--environment=Production"], configuration => configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["Api:Port"] = "99999", ["Api:Keys:0:Name"] = "a", ["Api:Keys:0:Sha256"] = "zz", ["Api:Keys:0:Scopes"] = "write", ["Api:Prot"] = "1" })))!;
        Assert.That(error.Messages, Has.Count.GreaterThanOrEqualTo(7)); // port, hash, scope, Prot, Kafka, database, lake
        Assert.That(error.Message, Does.Not.Contain("zz"), "what should have been a hash may be the key itself");
    }

    [Test]
    public async Task A_key_opens_what_its_scopes_say()
    {
        await using var api = await ApiUnderTest.StartAsync(
            await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ("environment", "Production"), ("Api:RequireKeyToRead", "true"),
            ("Api:Keys:0:Name", "sensors"), ("Api:Keys:0:Scopes", "ingest"), ("Api:Keys:0:Sha256", Hash("let-me-in")),
            ("Api:Keys:1:Name", "dashboard"), ("Api:Keys:1:Scopes", "read"), ("Api:Keys:1:Sha256", Hash("let-me-see")));
        Assert.Multiple(async () =>
        {
            Assert.That(await PostAsync(api, null), Is.EqualTo(401));
            Assert.That(await PostAsync(api, "wrong"), Is.EqualTo(401));
            Assert.That(await PostAsync(api, "let-me-see"), Is.EqualTo(403));
            Assert.That(await PostAsync(api, "let-me-in"), Is.EqualTo(400), "let in, and then told that the reading is bad");
            Assert.That(await GetAsync(api, null), Is.EqualTo(401));
            Assert.That(await GetAsync(api, "let-me-in"), Is.EqualTo(403));
            Assert.That(await GetAsync(api, "let-me-see"), Is.EqualTo(200));
        });
        await api.JsonAsync("/health/live");
    }

    [Test]
    public async Task Who_asks_too_often_is_told_to_wait_and_made_up_keys_buy_nothing()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ("Api:RequestsPerMinute", "12"));
        api.Client.DefaultRequestHeaders.Add("X-API-Key", "made-up");
        await api.JsonAsync("/types");
        await api.JsonAsync("/types");
        api.Client.DefaultRequestHeaders.Remove("X-API-Key");
        api.Client.DefaultRequestHeaders.Add("X-API-Key", "another");
        using var refused = await api.Client.GetAsync("/types");
        await ApiUnderTest.ProblemAsync(refused, 429);
        Assert.That(refused.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
        await api.JsonAsync("/health/live");
    }

    // Counters of one name are those of every API in this process.
    [Test]
    [NonParallelizable]
    public async Task Metrics_count_what_came_in()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        using var content = new StringContent("{}");
        using var refused = await api.Client.PostAsync("/ingest", content);
        string metrics = await api.Client.GetStringAsync("/metrics");
        Assert.That(metrics, Does.Match("smartcity_ingest_readings_total\\{[^}]*result=\"missing_field\"[^}]*\\} 1").And.Contain("http_server_request_duration_seconds"));
    }

    [Test]
    public async Task Answers_carry_the_headers_that_keep_browsers_in_check()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        using var page = await api.Client.GetAsync("/ui/");
        Assert.Multiple(() =>
        {
            Assert.That(page.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'self';").And.Not.Contain("unsafe"));
            Assert.That(page.Headers.GetValues("X-Content-Type-Options").Single(), Is.EqualTo("nosniff"));
            Assert.That(page.Headers.Contains("Server"), Is.False);
        });
        using var foreign = new HttpRequestMessage(HttpMethod.Get, "/types");
        foreign.Headers.Add("Origin", "https://elsewhere.example");
        using var answer = await api.Client.SendAsync(foreign);
        Assert.That(answer.Headers.Contains("Access-Control-Allow-Origin"), Is.False);
    }

    [Test]
    public async Task Head_is_answered_like_get_without_a_body()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        foreach (string path in (string[])["/query/traffic", "/types", "/storage/stats", "/health", "/live", "/openapi/v1.json", "/ui/", "/ui/overview.js"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            using var response = await api.Client.SendAsync(request);
            Assert.That((int)response.StatusCode, Is.EqualTo(200), path);
            Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.Empty, path);
        }

        using var missing = new HttpRequestMessage(HttpMethod.Head, "/nothing");
        using var answer = await api.Client.SendAsync(missing);
        Assert.That((int)answer.StatusCode, Is.EqualTo(404));
    }

    [Test]
    public async Task A_method_that_a_path_does_not_know_is_a_problem_too()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        using var response = await api.Client.DeleteAsync("/query/traffic");
        await ApiUnderTest.ProblemAsync(response, 405);
    }

    [TestCase("/ui/../appsettings.json")]
    [TestCase("/ui/%2e%2e/SmartCity.Api.dll")]
    [TestCase("/lib/..%2f..%2fSmartCity.Api.dll")]
    public async Task No_file_outside_the_pages_is_served(string path)
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        using var response = await api.Client.GetAsync(path);
        Assert.That((int)response.StatusCode, Is.EqualTo(404));
    }

    private static Microsoft.AspNetCore.Builder.WebApplication Build(string environment, string urls) => ApiHost.Build(["--environment=" + environment], configuration => configuration
        .AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = urls,
            ["Kafka:BootstrapServers"] = "127.0.0.1:1",
            ["Lake:Folder"] = "lake",
            ["Database:Provider"] = "Sqlite",
            ["ConnectionStrings:SmartCity"] = "Data Source=x.db",
        }));

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static async Task<int> PostAsync(ApiUnderTest api, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ingest") { Content = new StringContent(Reading) };
        return await SendAsync(api, request, key);
    }

    private static async Task<int> GetAsync(ApiUnderTest api, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/query/traffic");
        return await SendAsync(api, request, key);
    }

    private static async Task<int> SendAsync(ApiUnderTest api, HttpRequestMessage request, string? key)
    {
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        using var response = await api.Client.SendAsync(request);
        return (int)response.StatusCode;
    }
}
