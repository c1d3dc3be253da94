using Confluent.Kafka;

using Microsoft.Extensions.Time.Testing;

using SmartCity.AppHost.Broker;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Runtime;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine.Runtime;

/// <summary>Found by campaigns on three brokers: one that has just started, or has lost another, may for a moment not know a partition that is there.</summary>
[TestFixture]
internal sealed class MissingPartitionTests
{
    private EmbeddedBroker _broker = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _broker = EmbeddedBroker.Start();
        _broker.CreateTopic("one-partition", 1);
    }

    [OneTimeTearDown]
    public void Stop() => _broker.Dispose();

    [Test]
    public void A_partition_that_is_missing_is_tried_again_at_first()
    {
        using Output output = Ready(TimeSpan.FromMinutes(10));

        Assert.That(SendThere(output), Is.False);
        Assert.That(SendThere(output), Is.False);
    }

    [Test]
    public void One_that_stays_missing_stops_the_stream_with_the_remedy()
    {
        using Output output = Ready(TimeSpan.Zero);

        Assert.That(() => SendThere(output), Throws.TypeOf<StreamsException>().With.Message.Contains("Create the topic again"));
    }

    [Test]
    public void Whoever_asks_has_patience_with_what_is_missing_as_long_as_it_is_not_missing_for_long()
    {
        var clock = new FakeTimeProvider();
        var refusals = new KafkaRefusals(TimeSpan.FromSeconds(30), clock);
        var missing = new Error(ErrorCode.Local_UnknownPartition);

        refusals.ThrowIfHopeless(missing, null);
        clock.Advance(TimeSpan.FromHours(1));
        refusals.ThrowIfHopeless(missing, null); // That was another time.
        clock.Advance(TimeSpan.FromSeconds(29));
        refusals.ThrowIfHopeless(missing, null);
        refusals.AllIsThere();
        clock.Advance(TimeSpan.FromSeconds(1));
        refusals.ThrowIfHopeless(missing, null);
        clock.Advance(TimeSpan.FromSeconds(15));
        refusals.ThrowIfHopeless(missing, null);
        clock.Advance(TimeSpan.FromSeconds(15));
        Assert.That(() => refusals.ThrowIfHopeless(missing, null), Throws.TypeOf<StreamsException>());
    }

    private static bool SendThere(Output output)
    {
        output.Send("one-partition", 5, null, [1]);
        bool isThere = output.Flush(TimeSpan.FromSeconds(30));
        output.Abort(TimeSpan.FromSeconds(30));
        return isThere;
    }

    private Output Ready(TimeSpan patience)
    {
        var settings = new ProducerConfig { BootstrapServers = _broker.BootstrapServers };
        var output = new Output(new ProducerBuilder<byte[], byte[]>(settings).SetLogHandler((_, _) => { }), transactional: false, null, new TestLogs()) { Refusals = new KafkaRefusals(patience, TimeProvider.System) };
        Assert.That(output.Renew(TimeSpan.FromSeconds(30)), Is.True);
        return output;
    }
}
