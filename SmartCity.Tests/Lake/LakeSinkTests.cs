using Microsoft.Extensions.Time.Testing;

using SmartCity.AppHost.Broker;
using SmartCity.Domain.Lake;
using SmartCity.Streams.Sinks;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Lake;

/// <summary>The raw sink on the embedded broker.</summary>
internal sealed class LakeSinkTests
{
    private const int Partitions = 2;

    private EmbeddedBroker _broker = null!;
    private LakeSinkFixture _test = null!;

    [SetUp]
    public void MakeTopic()
    {
        _broker = EmbeddedBroker.Start();
        _test = new LakeSinkFixture(_broker.BootstrapServers, Partitions);
        _broker.CreateTopic(_test.Topic, Partitions);
        _broker.CreateTopic($"{_test.ApplicationId}-lake-plan", Partitions);
    }

    [TearDown]
    public void Remove()
    {
        _test.Dispose();
        _broker.Dispose();
    }

    [Test]
    public async Task Batches_end_by_the_clock()
    {
        var clock = new FakeTimeProvider();
        var sink = await _test.NewSink(clock: clock).StartAsync();
        for (var round = 1; round <= 3; round++)
        {
            _test.Publish(200);
            await Eventually.IsTrueAsync(() => sink.Read == 200 * round, "all has been read");
            Assert.That(sink.Safe, Is.EqualTo(200 * (round - 1)));
            clock.Advance(TimeSpan.FromHours(1));
            await Eventually.IsTrueAsync(() => sink.Safe == 200 * round, "all is safe");
            _test.AssertLakeHoldsEveryReadingOnce();
        }

        await sink.StopAsync();
        Assert.That(_test.Committed().Sum(c => c.End), Is.EqualTo(600));
    }

    [Test]
    public async Task Batches_end_when_the_memory_budget_is_used_up()
    {
        var sink = await _test.NewSink(lake: _test.Options with { FlushBytes = 100_000 }).StartAsync();
        _test.Publish(5_000);
        await Eventually.IsTrueAsync(() => sink.Read == 5_000 && sink.Safe > 4_000, "all has been read and most is safe");
        await sink.StopAsync();
        _test.AssertLakeHoldsEveryReadingOnce();
        Assert.That(Directory.GetFiles(_test.Lake.Path, "*", SearchOption.AllDirectories), Has.Length.GreaterThan(30));
    }

    [Test]
    public async Task A_store_that_fails_is_tried_again_and_each_object_is_written_once()
    {
        var store = new TestStore(_test.Lake.Store);
        store.BeforePut = (number, _) => number is 2 or 4 or 5 ? throw new LakeUnavailableException("away") : Task.CompletedTask;
        _test.Publish(1_000);
        var sink = await _test.NewSink(store).StartAsync();
        await Eventually.IsTrueAsync(() => sink.Read == 1_000, "all has been read");
        await sink.StopAsync();
        _test.AssertLakeHoldsEveryReadingOnce();
        Assert.That(store.Puts, Is.Unique);
        Assert.That((sink.Status.Retries, sink.Status.LastError, sink.Status.State), Is.EqualTo((sink.Status.Retries, "away", SinkState.Stopped)));
        Assert.That(sink.Status.Retries, Is.GreaterThan(0));
    }

    [Test]
    public async Task Only_invalid_records_advance_the_group_without_an_object()
    {
        using (var producer = new Confluent.Kafka.ProducerBuilder<Confluent.Kafka.Null, string>(new Confluent.Kafka.ProducerConfig(_test.Client.ToDictionary())).Build())
        {
            await producer.ProduceAsync(new Confluent.Kafka.TopicPartition(_test.Topic, 0), new() { Value = "nonsense" });
        }

        var sink = await _test.NewSink().StartAsync();
        await Eventually.IsTrueAsync(() => sink.Read == 1, "it has been read");
        await sink.StopAsync();
        Assert.That(Directory.GetFiles(_test.Lake.Path, "*", SearchOption.AllDirectories), Is.Empty);
        Assert.That(_test.Committed()[0], Is.EqualTo((1, 1)));
    }
}
