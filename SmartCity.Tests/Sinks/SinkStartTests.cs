using System.Collections.Concurrent;

using Confluent.Kafka;

using Microsoft.Extensions.Logging.Abstractions;

using SmartCity.Streams.Sinks;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Sinks;

/// <summary>A sink that knows better than its group where to go on, behind a broker that answers slowly and out of step.</summary>
internal sealed class SinkStartTests
{
    private const int Partitions = 4;
    private const int Records = 400;

    [Test]
    public async Task A_sink_reads_from_where_it_says_and_skips_nothing_however_late_the_broker_answers()
    {
        var kafka = await TestServers.KafkaAsync();
        var toxiproxy = await TestServers.ToxiproxyAsync();
        await using var proxy = await kafka.OpenProxyAsync(toxiproxy);
        await proxy.AddToxicAsync("latency", "downstream", ("latency", 250), ("jitter", 250));
        var topic = $"start-{Guid.NewGuid():N}";
        await kafka.CreateTopicAsync(topic, Partitions);
        await ProduceAsync(kafka, topic);

        // The group has committed the end, and the sink says: from the start.
        await ReadAllAsync(kafka.BootstrapServers, topic, start: null);
        for (var round = 0; round < 2; round++)
        {
            await ReadAllAsync(proxy.Address, topic, start: 0);
        }
    }

    private static async Task ReadAllAsync(string bootstrapServers, string topic, Offset? start)
    {
        var safe = new ConcurrentQueue<string>();
        var options = new SinkOptions
        {
            ApplicationId = topic,
            Client = new Dictionary<string, string> { ["bootstrap.servers"] = bootstrapServers },
            SessionTimeout = TimeSpan.FromSeconds(10),
            StopTimeout = TimeSpan.FromSeconds(20),
        };
        using var consumer = new SinkConsumer(new MemorySink(topic, safe) { Eager = false, Start = start }, options, TimeProvider.System, NullLogger.Instance);
        await consumer.StartAsync(default);
        await Eventually.IsTrueAsync(() => consumer.Status.Partitions.Sum(p => p.Position) == Records, "all has been read");
        await consumer.StopAsync(default);
        Assert.That(safe.Select(int.Parse).Order(), Is.EqualTo(Enumerable.Range(0, Records)));
    }

    private static async Task ProduceAsync(KafkaServer kafka, string topic)
    {
        using var producer = new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = kafka.BootstrapServers }).Build();
        await Task.WhenAll(Enumerable.Range(0, Records).Select(n => producer.ProduceAsync(new TopicPartition(topic, n % Partitions), new Message<Null, string> { Value = $"{n}" })));
    }
}
