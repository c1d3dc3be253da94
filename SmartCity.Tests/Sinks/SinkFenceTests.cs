using System.Collections.Concurrent;

using Confluent.Kafka;

using Microsoft.Extensions.Logging.Abstractions;

using SmartCity.Streams.Sinks;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Sinks;

/// <summary>What a sink may still do that has lost its place in the group without knowing it.</summary>
internal sealed class SinkFenceTests
{
    [Test]
    public async Task Work_of_a_worker_that_was_thrown_out_of_its_group_commits_nothing_even_to_an_empty_group()
    {
        var kafka = await TestServers.KafkaAsync();
        var topic = $"fence-{Guid.NewGuid():N}";
        await kafka.CreateTopicAsync(topic, 1);
        await ProduceAsync(kafka, topic);

        using var stall = new StallingClock();
        var safe = new ConcurrentQueue<string>();
        var release = new TaskCompletionSource();
        var tries = 0;
        var sink = new MemorySink(topic, safe) { BeforeWork = async ct => { await release.Task.WaitAsync(ct); Interlocked.Increment(ref tries); } };
        var options = new SinkOptions
        {
            ApplicationId = topic,
            Client = new Dictionary<string, string> { ["bootstrap.servers"] = kafka.BootstrapServers, ["max.poll.interval.ms"] = "6000" },
            SessionTimeout = TimeSpan.FromSeconds(6),
            LongestRetry = TimeSpan.FromSeconds(1),
        };
        using var consumer = new SinkConsumer(sink, options, stall, NullLogger.Instance);
        await consumer.StartAsync(default);
        await Eventually.IsTrueAsync(() => consumer.Status.Partitions.Any(p => p.Position > p.Safe), "work is under way");

        // The polling thread hangs, the client leaves the group by itself, and only then the work goes on.
        stall.Stall();
        using var admin = kafka.Admin();
        await Eventually.IsTrueAsync(async () => (await admin.DescribeConsumerGroupsAsync([consumer.GroupId])).ConsumerGroupDescriptions[0].Members.Count == 0, "the group is empty");
        release.SetResult();
        await Eventually.IsTrueAsync(() => tries >= 3, "the work has tried to commit, three times");
        Assert.That(Committed(kafka, consumer.GroupId, topic), Is.EqualTo(Offset.Unset));
        Assert.That(safe, Is.Empty);

        stall.Dispose();
        await Eventually.IsTrueAsync(() => safe.Count == 10, "it has joined again and made all safe");
        await consumer.StopAsync(default);
        Assert.That(safe, Is.Unique.And.Count.EqualTo(10));
    }

    private static Offset Committed(KafkaServer kafka, string group, string topic)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = kafka.BootstrapServers, GroupId = group }).Build();
        return consumer.Committed([new TopicPartition(topic, 0)], TimeSpan.FromSeconds(20))[0].Offset;
    }

    private static async Task ProduceAsync(KafkaServer kafka, string topic)
    {
        using var producer = new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = kafka.BootstrapServers }).Build();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(n => producer.ProduceAsync(topic, new Message<Null, string> { Value = $"{n}" })));
    }

    /// <summary>The system's clock, which a sink's polling thread can be made to hang in.</summary>
    private sealed class StallingClock : TimeProvider, IDisposable
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);

        public void Stall() => _open.Reset();

        public override long GetTimestamp()
        {
            if (Thread.CurrentThread.Name is { } name && name.StartsWith("sink-", StringComparison.Ordinal))
            {
                _open.Wait();
            }

            return base.GetTimestamp();
        }

        public void Dispose() => _open.Set();
    }
}
