using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

using Confluent.Kafka;

using Microsoft.Extensions.Logging.Abstractions;

using SmartCity.AppHost.Broker;
using SmartCity.Streams.Sinks;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Sinks;

internal sealed class SinkConsumerTests
{
    private const string Topic = "numbers";
    private const int Partitions = 4;

    private readonly ConcurrentQueue<string> _safe = [];
    private EmbeddedBroker _broker = null!;

    [SetUp]
    public void StartBroker()
    {
        _safe.Clear();
        _broker = EmbeddedBroker.Start();
        _broker.CreateTopic(Topic, Partitions);
    }

    [TearDown]
    public void StopBroker() => _broker.Dispose();

    [Test]
    public async Task Every_record_becomes_safe_once_and_in_order_of_its_partition()
    {
        Produce(0, 1_000);
        using var consumer = Consumer(new MemorySink(Topic, _safe));
        await consumer.StartAsync(default);
        await Eventually.IsTrueAsync(() => _safe.Count == 1_000, "all is safe");
        Produce(1_000, 500);
        await Eventually.IsTrueAsync(() => _safe.Count == 1_500, "all is safe");
        await consumer.StopAsync(default);

        Assert.That(_safe.Select(Number).Order(), Is.EqualTo(Enumerable.Range(0, 1_500)));
        foreach (var partition in _safe.Select(Number).GroupBy(n => n % Partitions))
        {
            Assert.That(partition, Is.Ordered);
        }

        Assert.That(consumer.Status, Has.Property("State").EqualTo(SinkState.Stopped).And.Property("Rows").EqualTo(1_500));
    }

    [Test]
    public async Task A_clean_stop_makes_safe_what_is_held_and_the_next_start_goes_on_after_it()
    {
        Produce(0, 100);
        var sink = new MemorySink(Topic, _safe) { Eager = false };
        using (var consumer = Consumer(sink))
        {
            await consumer.StartAsync(default);
            await Eventually.IsTrueAsync(() => consumer.Status.Partitions.Sum(p => p.Position) == 100, "all has been read");
            Assert.That(_safe, Is.Empty);
            await consumer.StopAsync(default);
        }

        Assert.That(_safe.Select(Number).Order(), Is.EqualTo(Enumerable.Range(0, 100)));
        Assert.That(sink.Closed, Is.EqualTo(Partitions));
        Produce(100, 50);
        using var next = Consumer(new MemorySink(Topic, _safe));
        await next.StartAsync(default);
        await Eventually.IsTrueAsync(() => _safe.Count == 150, "the rest is safe");
        await next.StopAsync(default);
        Assert.That(_safe.Select(Number).Order(), Is.EqualTo(Enumerable.Range(0, 150)));
    }

    [Test]
    public async Task A_refused_record_and_those_behind_it_are_offered_again()
    {
        Produce(0, 1_000);
        var sink = new MemorySink(Topic, _safe) { Eager = false, Capacity = 7 };
        using var consumer = Consumer(sink);
        await consumer.StartAsync(default);
        await Eventually.IsTrueAsync(() => consumer.Status.Partitions.Sum(p => p.Position) == 1_000, "all has been read");
        await consumer.StopAsync(default);

        Assert.That(_safe.Select(Number).Order(), Is.EqualTo(Enumerable.Range(0, 1_000)));
        Assert.That(sink.Refusals, Is.GreaterThan(100));
    }

    [Test]
    public async Task Work_that_fails_is_tried_again_and_nothing_is_lost_or_doubled()
    {
        Produce(0, 100);
        var (works, opens) = (0, 0);
        var sink = new MemorySink(Topic, _safe)
        {
            BeforeWork = _ => ++works <= 3 ? throw new IOException($"the store is away {works}") : Task.CompletedTask,
            BeforeOpen = () => ++opens <= 2 ? throw new IOException("the store is away at the start") : Task.CompletedTask,
        };
        using var consumer = Consumer(sink);
        await consumer.StartAsync(default);
        await Eventually.IsTrueAsync(() => _safe.Count == 100, "all is safe");
        Assert.That(consumer.Status.Retries, Is.EqualTo(5));
        Assert.That(consumer.Status.LastError, Does.StartWith("the store is away"));
        await Eventually.IsTrueAsync(() => consumer.Status.State == SinkState.Running, "it runs again");
        await consumer.StopAsync(default);
        Assert.That(_safe.Select(Number).Order(), Is.EqualTo(Enumerable.Range(0, 100)));
    }

    [Test]
    public async Task Polling_goes_on_while_work_is_held_up_for_longer_than_the_poll_interval()
    {
        Produce(0, 100);
        var release = new TaskCompletionSource();
        var sink = new MemorySink(Topic, _safe) { BeforeWork = ct => release.Task.WaitAsync(ct) };
        using var consumer = Consumer(sink, ("max.poll.interval.ms", "3000"));
        await consumer.StartAsync(default);
        await Eventually.IsTrueAsync(() => consumer.Status.Partitions.Any(p => p.Position > p.Safe), "work is under way");
        var start = Stopwatch.GetTimestamp();
        await Eventually.IsTrueAsync(() => Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(5), "the poll interval is over");
        Assert.That((sink.Closed, consumer.Status.Partitions.Count), Is.EqualTo((0, Partitions)));

        release.SetResult();
        await Eventually.IsTrueAsync(() => _safe.Count == 100, "all is safe");
        await consumer.StopAsync(default);
        Assert.That(_safe.Select(Number).Order(), Is.EqualTo(Enumerable.Range(0, 100)));
    }

    [Test]
    public async Task A_second_consumer_takes_over_partitions_whose_work_cannot_end_and_nothing_is_doubled()
    {
        Produce(0, 200);
        var held = new MemorySink(Topic, _safe) { BeforeWork = ct => Task.Delay(Timeout.Infinite, ct) };
        using var first = Consumer(held);
        await first.StartAsync(default);
        await Eventually.IsTrueAsync(() => first.Status.Partitions.Count == Partitions && first.Status.Partitions.Any(p => p.Position > p.Safe), "the first has work");

        using var second = Consumer(new MemorySink(Topic, _safe));
        await second.StartAsync(default);
        await Eventually.IsTrueAsync(() => second.Status.Partitions.Count == Partitions / 2, "the second has its share");
        held.BeforeWork = _ => Task.CompletedTask;
        await first.StopAsync(default);
        await Eventually.IsTrueAsync(() => _safe.Count >= 200, "all is safe");
        Produce(200, 40);
        await Eventually.IsTrueAsync(() => _safe.Count >= 240, "all is safe");
        await second.StopAsync(default);
        Assert.That(_safe.Select(Number).Order(), Is.EqualTo(Enumerable.Range(0, 240)));
    }

    [Test]
    public async Task A_fault_that_needs_a_person_stops_the_sink_and_says_so()
    {
        var sink = new MemorySink(Topic, _safe) { BeforeOpen = () => throw new SinkFaultException("the offsets belong to another cluster") };
        using var consumer = Consumer(sink);
        await consumer.StartAsync(default);
        await consumer.Ended.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.That(consumer.Status, Has.Property("State").EqualTo(SinkState.Failed).And.Property("LastError").EqualTo("the offsets belong to another cluster"));
        await consumer.StopAsync(default);
    }

    private SinkConsumer Consumer(ISink sink, params (string Name, string Value)[] client)
    {
        var properties = _broker.ClientConfiguration.Concat(client.Select(c => KeyValuePair.Create(c.Name, c.Value))).ToDictionary();
        var options = new SinkOptions
        {
            ApplicationId = "test",
            Client = properties,
            SessionTimeout = TimeSpan.FromSeconds(3),
            RevokeTimeout = TimeSpan.FromSeconds(1),
            LongestRetry = TimeSpan.FromSeconds(1),
        };
        return new SinkConsumer(sink, options, TimeProvider.System, NullLogger.Instance);
    }

    private void Produce(int from, int count)
    {
        using var producer = new ProducerBuilder<Null, string>(new ProducerConfig(_broker.ClientConfiguration.ToDictionary()) { LingerMs = 5 }).Build();
        for (var n = from; n < from + count; n++)
        {
            producer.Produce(new TopicPartition(Topic, n % Partitions), new Message<Null, string> { Value = n.ToString(CultureInfo.InvariantCulture) });
        }

        producer.Flush();
    }

    private static int Number(string value) => int.Parse(value, CultureInfo.InvariantCulture);
}
