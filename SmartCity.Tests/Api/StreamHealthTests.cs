using Confluent.Kafka;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Readings;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Api;

internal sealed class StreamHealthTests
{
    [Test]
    public async Task A_stream_is_up_once_it_has_written_a_window()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        Assert.That((await api.JsonAsync("/health")).GetProperty("stream").GetString(), Is.EqualTo("idle"));
        await api.StoreAsync(SensorType.Traffic, Windows.Of(SensorType.Traffic, "Bonn", "", Windows.Noon));
        await Eventually.IsTrueAsync(async () => (await api.JsonAsync("/health")).GetProperty("stream").GetString() == "up", "the stream is up");
    }

    [Test]
    public async Task The_rate_is_that_of_the_topic_and_a_missing_topic_is_named()
    {
        var kafka = await TestServers.KafkaAsync();
        string prefix = $"health-{Guid.NewGuid():N}.";
        await using var api = await ApiUnderTest.StartAsync(
            await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ("Kafka:BootstrapServers", kafka.BootstrapServers), ("Kafka:TopicPrefix", prefix));
        await Eventually.IsTrueAsync(async () => (await api.JsonAsync("/health")).GetProperty("kafka").GetString() == "up", "the API has found Kafka");
        using var reading = new StringContent("""{"sensor_id":"A","sensor_type":"traffic","city":"W","timestamp":"2026-01-15T14:03:27Z","metrics":{"average_speed":1}}""");
        using var refused = await api.Client.PostAsync("/ingest", reading);
        Assert.That((await ApiUnderTest.ProblemAsync(refused, 503)).GetProperty("detail").GetString(), Does.Contain(prefix + "smart-city-sensors"));

        await kafka.CreateTopicAsync(prefix + "smart-city-sensors", 3);
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = kafka.BootstrapServers }).Build();
        for (int number = 0; number < 30; number++)
        {
            producer.Produce(prefix + "smart-city-sensors", new Message<Null, byte[]> { Value = [1] });
        }

        producer.Flush(TimeSpan.FromSeconds(30));
        var link = (SmartCity.Api.Kafka.KafkaLink)api.Services.GetService(typeof(SmartCity.Api.Kafka.KafkaLink))!;
        await Eventually.IsTrueAsync(() => link.State.Readings == 30, "thirty readings are seen");
    }
}
