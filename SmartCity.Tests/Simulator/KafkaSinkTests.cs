using System.Diagnostics;
using System.Text;

using Confluent.Kafka;

using SmartCity.AppHost.Broker;
using SmartCity.Simulator.City;
using SmartCity.Simulator.Feed;

namespace SmartCity.Tests.Simulator;

[TestFixture]
internal sealed class KafkaSinkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The hashes are those of Apache Kafka's own test of its murmur2.</summary>
    [TestCase("21", -973932308)]
    [TestCase("foobar", -790332482)]
    [TestCase("a-little-bit-long-string", -985981536)]
    [TestCase("a-little-bit-longer-string", -1486304829)]
    [TestCase("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [TestCase("abc", 479470107)]
    public void A_key_goes_to_the_partition_that_a_Java_client_chooses(string key, int murmur2)
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic("readings", 7);
        var statistics = new FeedStatistics();
        using (var sink = new KafkaSink(broker.ClientConfiguration, "readings", statistics))
        {
            sink.Send(Encoding.UTF8.GetBytes(key), "value"u8, CancellationToken.None);
            Assert.That(sink.Flush(Patience), Is.Zero);
        }

        var record = Consume(broker, "readings", 1).Single();
        Assert.Multiple(() =>
        {
            Assert.That(record.Partition.Value, Is.EqualTo((murmur2 & 0x7FFFFFFF) % 7));
            Assert.That(record.Message.Key, Is.EqualTo(Encoding.UTF8.GetBytes(key)));
            Assert.That(statistics.Acknowledged, Is.EqualTo(1));
        });
    }

    [Test]
    public async Task All_that_a_city_sends_arrives_once_and_in_the_order_of_each_sensor()
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic("readings", 3);
        var city = new CityOptions { Start = Generated.Monday, Rate = 20, FaultFraction = 0.05 };
        var statistics = new FeedStatistics();
        using (var sink = new KafkaSink(broker.ClientConfiguration, "readings", statistics))
        {
            var options = new FeedOptions { LiveFrom = Generated.Monday.AddMinutes(5), Duration = TimeSpan.Zero };
            await new CityFeed(new CityModel(city), sink, statistics, options, TimeProvider.System).RunAsync(CancellationToken.None);
            Assert.That(sink.Flush(Patience), Is.Zero);
        }

        var expected = Generated.From(city, TimeSpan.FromMinutes(5)).ToList();
        var arrived = Consume(broker, "readings", expected.Count);
        Assert.Multiple(() =>
        {
            Assert.That((statistics.Sent, statistics.Acknowledged, statistics.Failed), Is.EqualTo((expected.Count, expected.Count, 0L)));
            Assert.That(
                arrived.GroupBy(r => Convert.ToHexString(r.Message.Key)).ToDictionary(g => g.Key, g => string.Join('\n', g.Select(r => Encoding.UTF8.GetString(r.Message.Value)))),
                Is.EqualTo(expected.GroupBy(r => Convert.ToHexString(r.Key)).ToDictionary(g => g.Key, g => string.Join('\n', g.Select(r => Encoding.UTF8.GetString(r.Value))))));
        });
    }

    [Test]
    public void A_client_queue_that_is_full_holds_the_sender_up_and_loses_nothing()
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic("readings", 1);
        var statistics = new FeedStatistics();
        var client = new Dictionary<string, string>(broker.ClientConfiguration) { ["queue.buffering.max.messages"] = "50", ["batch.num.messages"] = "50" };
        using var sink = new KafkaSink(client, "readings", statistics);
        for (var i = 0; i < 2000; i++)
        {
            sink.Send("key"u8, Encoding.UTF8.GetBytes($"{i}"), CancellationToken.None);
        }

        Assert.That(sink.Flush(Patience), Is.Zero);
        Assert.That((statistics.Acknowledged, statistics.Failed), Is.EqualTo((2000L, 0L)));
    }

    [Test]
    public void A_record_that_no_broker_takes_counts_as_failed_and_the_next_goes_through()
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic("readings", 1);
        var statistics = new FeedStatistics();
        using var sink = new KafkaSink(broker.ClientConfiguration, "readings", statistics);

        sink.Send("key"u8, new byte[2_000_000], CancellationToken.None);
        sink.Send("key"u8, "small"u8, CancellationToken.None);

        Assert.That(sink.Flush(Patience), Is.Zero);
        Assert.That((statistics.Acknowledged, statistics.Failed), Is.EqualTo((1L, 1L)));
    }

    [Test]
    public void A_reading_bears_the_trace_of_its_sending_where_that_is_kept()
    {
        List<string> kept = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == KafkaSink.TraceSource,
            Sample = (ref options) => options.Name == "send traced" ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.PropagationData,
            ActivityStopped = activity => kept.AddRange(activity is { Recorded: true, DisplayName: "send traced" } ? [activity.Id!] : []),
        };
        ActivitySource.AddActivityListener(listener);
        using var broker = EmbeddedBroker.Start();
        foreach (var topic in (string[])["traced", "untraced"])
        {
            broker.CreateTopic(topic, 1);
            using var sink = new KafkaSink(broker.ClientConfiguration, topic, new FeedStatistics());
            sink.Send("key"u8, "value"u8, CancellationToken.None);
            Assert.That(sink.Flush(Patience), Is.Zero);
        }

        Assert.That(Encoding.ASCII.GetString(Consume(broker, "traced", 1).Single().Message.Headers.GetLastBytes("traceparent")), Is.EqualTo(kept.Single()));
        Assert.That(Consume(broker, "untraced", 1).Single().Message.Headers, Is.Empty);
    }

    private static List<ConsumeResult<byte[], byte[]>> Consume(EmbeddedBroker broker, string topic, int count)
    {
        var config = new ConsumerConfig(new Dictionary<string, string>(broker.ClientConfiguration)) { GroupId = "reader", AutoOffsetReset = AutoOffsetReset.Earliest };
        using var consumer = new ConsumerBuilder<byte[], byte[]>(config).Build();
        consumer.Assign(Enumerable.Range(0, broker.Topics[topic]).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        using var deadline = new CancellationTokenSource(Patience);
        var records = new List<ConsumeResult<byte[], byte[]>>();
        while (records.Count < count)
        {
            records.Add(consumer.Consume(deadline.Token));
        }

        return records;
    }
}
