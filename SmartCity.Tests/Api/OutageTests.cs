using System.Text;

using SmartCity.Domain.Configuration;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Api;

/// <summary>Each part that is down takes down what needs it, and nothing else.</summary>
internal sealed class OutageTests
{
    private const string Reading = """{"sensor_id":"A","sensor_type":"traffic","city":"W","timestamp":"2026-01-15T14:03:27Z","metrics":{"average_speed":1}}""";

    [Test]
    public async Task Without_the_database_queries_are_503_and_the_rest_answers()
    {
        var kafka = await TestServers.KafkaAsync();
        string prefix = $"outage-{Guid.NewGuid():N}.";
        await kafka.CreateTopicAsync(prefix + "smart-city-sensors", 1);
        var nowhere = new DatabaseSettings(DatabaseProvider.Postgres, "Host=127.0.0.1;Port=1;Database=none;Username=nobody;Timeout=2");
        await using var api = await ApiUnderTest.StartAsync(nowhere, ("Kafka:BootstrapServers", kafka.BootstrapServers), ("Kafka:TopicPrefix", prefix));
        foreach (string path in (string[])["/query/air-quality", "/latest", "/cities", "/sensors", "/sensors/x", "/health/ready"])
        {
            using var response = await api.Client.GetAsync(path);
            var problem = await ApiUnderTest.ProblemAsync(response, 503);
            Assert.That(response.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero), path);
            Assert.That(problem.GetProperty("detail").GetString(), Does.Not.Contain("127.0.0.1").And.Not.Contain("nobody"), "a caller learns no host or user");
        }

        await Eventually.IsTrueAsync(async () => (await api.JsonAsync("/health")).GetProperty("kafka").GetString() == "up", "the API has found Kafka");
        var health = await api.JsonAsync("/health");
        Assert.That(health.GetProperty("status").GetString(), Is.EqualTo("degraded"));
        Assert.That(health.GetProperty("database").GetString(), Is.EqualTo("down"));
        await api.JsonAsync("/health/live");
        await api.JsonAsync("/storage/stats");
        await api.JsonAsync("/storage/list");
        await api.JsonAsync("/types");
        using var content = new StringContent(Reading, Encoding.UTF8, "application/json");
        using var ingested = await api.Client.PostAsync("/ingest", content);
        Assert.That((int)ingested.StatusCode, Is.EqualTo(202), await ingested.Content.ReadAsStringAsync());
    }

    [Test]
    public async Task Queries_answer_again_when_the_database_is_back()
    {
        await using var postgres = await TestServers.OwnPostgresAsync();
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(postgres));
        await api.JsonAsync("/query/traffic");
        await postgres.KillAsync();
        await api.ProblemAsync("/query/traffic", 503);
        await postgres.StartAgainAsync();
        await Eventually.IsTrueAsync(async () =>
        {
            using var response = await api.Client.GetAsync("/query/traffic");
            return response.IsSuccessStatusCode;
        }, "queries answer again");
    }

    [Test]
    public async Task Without_kafka_only_ingest_is_503()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        using var content = new StringContent(Reading, Encoding.UTF8, "application/json");
        using var response = await api.Client.PostAsync("/ingest", content);
        await ApiUnderTest.ProblemAsync(response, 503);
        Assert.That(response.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
        await api.JsonAsync("/query/traffic");
        await api.JsonAsync("/storage/stats");
        await api.JsonAsync("/health/ready");
        Assert.That((await api.JsonAsync("/health")).GetProperty("kafka").GetString(), Is.EqualTo("down"));
    }

    [Test]
    public async Task Without_the_lake_only_storage_is_503()
    {
        await using var api = await ApiUnderTest.StartAsync(
            await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ("Lake:Endpoint", "http://127.0.0.1:1"), ("Lake:AccessKey", "a"), ("Lake:SecretKey", "secret-b"));
        var problem = await api.ProblemAsync("/storage/list", 503);
        Assert.That(problem.GetProperty("detail").GetString(), Does.Not.Contain("127.0.0.1"));
        await api.ProblemAsync("/storage/stats", 503);
        await api.JsonAsync("/query/traffic");
        Assert.That((await api.JsonAsync("/health")).GetProperty("storage").GetString(), Is.EqualTo("down"));
    }

    [Test]
    public async Task A_database_without_a_schema_says_which_verb_to_run()
    {
        string connection = await (await TestServers.PostgresAsync()).CreateDatabaseAsync();
        await using var api = await ApiUnderTest.StartAsync(
            new DatabaseSettings(DatabaseProvider.Postgres, connection), ("environment", "Production"), ("Api:Keys:0:Name", "x"), ("Api:Keys:0:Scopes", "ingest"),
            ("Api:Keys:0:Sha256", new string('0', 64)));
        var problem = await api.ProblemAsync("/query/traffic", 503);
        Assert.That(problem.GetProperty("detail").GetString(), Does.Contain("migrate"));
    }
}
