using System.Text;

using Confluent.Kafka;

using SmartCity.AppHost.Broker;

namespace SmartCity.Tests.AppHost;

[TestFixture]
internal sealed class EmbeddedBrokerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Test]
    public void What_is_produced_comes_back_with_key_header_and_timestamp()
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic("readings", 3);

        using (var producer = new ProducerBuilder<string, string>(new ProducerConfig(Client(broker)) { EnableIdempotence = true }).Build())
        {
            for (var i = 0; i < 30; i++)
            {
                producer.Produce("readings", new Message<string, string>
                {
                    Key = $"sensor-{i}",
                    Value = $"value-{i}",
                    Headers = new Headers { { "reason", Encoding.UTF8.GetBytes("none") } },
                    Timestamp = new Timestamp(1_700_000_000_000 + i, TimestampType.CreateTime),
                });
            }

            producer.Flush(Patience);
        }

        var seen = Consume(broker, "readings", "a-group", 30);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Select(r => r.Message.Value), Is.EquivalentTo(Enumerable.Range(0, 30).Select(i => $"value-{i}")));
            Assert.That(seen.Select(r => r.Partition.Value).Distinct(), Is.SubsetOf(new[] { 0, 1, 2 }));
            Assert.That(seen.All(r => r.Message.Headers.Count == 1), Is.True);
            Assert.That(seen.Select(r => r.Message.Timestamp.UnixTimestampMs).Min(), Is.EqualTo(1_700_000_000_000));
        });
    }

    [Test]
    public void A_group_goes_on_where_it_committed()
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic("readings", 1);
        Produce(broker, "readings", 0, 10);
        Consume(broker, "readings", "a-group", 10);
        Produce(broker, "readings", 10, 5);

        var seen = Consume(broker, "readings", "a-group", 5);

        Assert.That(seen.Select(r => r.Message.Value), Is.EqualTo(new[] { "10", "11", "12", "13", "14" }));
    }

    [Test]
    public void Two_brokers_live_side_by_side()
    {
        using var one = EmbeddedBroker.Start();
        using var other = EmbeddedBroker.Start();
        one.CreateTopic("readings", 1);
        other.CreateTopic("readings", 1);
        Produce(one, "readings", 0, 1);
        Produce(other, "readings", 1, 1);

        Assert.Multiple(() =>
        {
            Assert.That(one.BootstrapServers, Is.Not.EqualTo(other.BootstrapServers));
            Assert.That(Consume(one, "readings", "g", 1).Single().Message.Value, Is.EqualTo("0"));
            Assert.That(Consume(other, "readings", "g", 1).Single().Message.Value, Is.EqualTo("1"));
        });
    }

    [Test]
    public async Task The_cluster_describes_itself()
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic("readings", 5);
        using var admin = new AdminClientBuilder(Client(broker)).Build();

        var cluster = await admin.DescribeClusterAsync(new() { RequestTimeout = Patience });

        Assert.Multiple(() =>
        {
            Assert.That(cluster.Nodes, Has.Count.EqualTo(1));
            Assert.That(admin.GetMetadata("readings", Patience).Topics.Single().Partitions, Has.Count.EqualTo(5));
        });
    }

    [Test]
    public void A_topic_can_be_asked_for_again_but_not_with_other_partitions()
    {
        using var broker = EmbeddedBroker.Start();
        broker.CreateTopic("readings", 4);
        broker.CreateTopic("readings", 4);

        Assert.That(() => broker.CreateTopic("readings", 5), Throws.TypeOf<EmbeddedBrokerException>().With.Message.Contains("has 4 partitions"));
    }

    [Test]
    public void A_stopped_broker_says_so()
    {
        var broker = EmbeddedBroker.Start();
        broker.Dispose();
        broker.Dispose();

        Assert.That(() => broker.CreateTopic("readings", 1), Throws.TypeOf<ObjectDisposedException>());
    }

    private static Dictionary<string, string> Client(EmbeddedBroker broker) => new(broker.ClientConfiguration);

    private static void Produce(EmbeddedBroker broker, string topic, int first, int count)
    {
        using var producer = new ProducerBuilder<Null, string>(Client(broker)).Build();
        for (var i = first; i < first + count; i++)
        {
            producer.Produce(new TopicPartition(topic, 0), new Message<Null, string> { Value = $"{i}" });
        }

        producer.Flush(Patience);
    }

    private static List<ConsumeResult<string, string>> Consume(EmbeddedBroker broker, string topic, string group, int count)
    {
        using var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig(Client(broker))
        {
            GroupId = group,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            SessionTimeoutMs = 3000,
            HeartbeatIntervalMs = 300,
        }).Build();
        consumer.Subscribe(topic);
        var seen = new List<ConsumeResult<string, string>>();
        using var deadline = new CancellationTokenSource(Patience);
        while (seen.Count < count)
        {
            seen.Add(consumer.Consume(deadline.Token));
        }

        consumer.Commit();
        consumer.Close();
        return seen;
    }
}
