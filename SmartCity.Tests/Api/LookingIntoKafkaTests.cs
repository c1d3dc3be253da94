using SmartCity.Api.Configuration;
using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Streams.Engine.Runtime;

namespace SmartCity.Tests.Api;

/// <summary>What needs Kafka, where there is none, and what may be seen without a key. The same with Kafka is tested on the whole platform.</summary>
[TestFixture]
internal sealed class LookingIntoKafkaTests
{
    private const string Ops = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"; // of "foo"

    private static readonly (string, string)[] OpsKey = [("Api:Keys:0:Name", "ops"), ("Api:Keys:0:Sha256", Ops), ("Api:Keys:0:Scopes", "ops")];

    [Test]
    public async Task Without_Kafka_the_pipeline_says_so_and_the_side_topics_are_503()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        var pipeline = await api.JsonAsync("/pipeline");
        Assert.Multiple(() =>
        {
            Assert.That(pipeline.GetProperty("kafka").GetBoolean(), Is.False);
            Assert.That(pipeline.GetProperty("database").GetBoolean(), Is.True);
            Assert.That(pipeline.GetProperty("watermark").ValueKind, Is.EqualTo(System.Text.Json.JsonValueKind.Null));
            Assert.That(pipeline.GetProperty("sinks").EnumerateArray().Select(sink => sink.GetProperty("state").GetString()), Has.All.EqualTo("unknown"));
        });
        await api.ProblemAsync("/quality/dead-letters", 503);
        await api.ProblemAsync("/quality/late", 503);
    }

    [Test]
    public async Task The_pipeline_asks_for_a_key_with_the_scope_ops_as_soon_as_one_is_given_out()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), OpsKey);
        await api.ProblemAsync("/pipeline", 401);
        api.Client.DefaultRequestHeaders.Add("X-API-Key", "foo");
        Assert.That((await api.JsonAsync("/pipeline")).GetProperty("kafka").GetBoolean(), Is.False);
    }

    [TestCase("?from=2026-01-15T00:00:00Z&to=2026-01-16T00:00:01Z", 400)]
    [TestCase("?from=2026-01-16T00:00:00Z&to=2026-01-15T00:00:00Z", 400)]
    [TestCase("?limit=10001", 400)]
    [TestCase("?hours=3", 400)]
    [TestCase("?from=2026-01-15T00:00:00Z&to=2026-01-16T00:00:00Z", 200)]
    [TestCase("?from=0002-01-01T00:00:00Z", 200)]
    [TestCase("?to=9999-12-31T23:59:59Z", 200)]
    public async Task A_sensors_readings_are_of_a_day_at_most(string query, int status)
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        await api.StoreAsync(new SensorEntity { SensorId = "AQ 1/a", SensorType = "air_quality", City = "Łódź", LastSeen = TimeProvider.System.GetUtcNow().UtcDateTime });
        using var answer = await api.Client.GetAsync("/sensors/AQ%201%2Fa/readings" + query);
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), await answer.Content.ReadAsStringAsync());
        await api.ProblemAsync("/sensors/unheard-of/readings", 404);
    }

    [TestCase(long.MinValue)]
    [TestCase(0)]
    [TestCase(1_768_485_807_512)]
    [TestCase(1_768_485_807_512, true)]
    [TestCase(-62_135_596_799_999)]
    public void Stream_time_is_read_as_the_engine_commits_it(long streamTimeMs, bool isRaised = false)
    {
        long committed = InternalTopics.ToOffset(streamTimeMs, isRaised);
        Assert.That(StreamNames.StreamTime(committed), Is.EqualTo(streamTimeMs == long.MinValue ? (DateTime?)null : DateTimeOffset.FromUnixTimeMilliseconds(streamTimeMs).UtcDateTime));
    }
}
