using System.Diagnostics;

using Confluent.Kafka;

using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Runtime;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine.Runtime;

/// <summary>A transaction whose abort gets no answer must not stay open: it would hold back every reader of committed records.</summary>
[TestFixture]
internal sealed class AbortTests
{
    [Test]
    public async Task What_cannot_be_aborted_is_settled_by_another_producer_with_the_same_id()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        ToxiproxyServer toxiproxy = await TestServers.ToxiproxyAsync();
        await using Proxy proxy = await kafka.OpenProxyAsync(toxiproxy);
        string topic = $"aborted-{Guid.NewGuid():N}";
        await kafka.CreateTopicAsync(topic, 1);

        // The broker itself would abort after five minutes, which this test does not wait for.
        var settings = new ProducerConfig { BootstrapServers = proxy.Address, TransactionalId = topic, TransactionTimeoutMs = 300_000, ReconnectBackoffMaxMs = 500 };
        using var output = new Output(new ProducerBuilder<byte[], byte[]>(settings).SetLogHandler((_, _) => { }), transactional: true, null, new TestLogs());
        await Eventually.IsTrueAsync(() => output.Renew(TimeSpan.FromSeconds(5)), "the producer is ready");
        output.Send(topic, 0, null, [1]);
        Assert.That(output.Flush(TimeSpan.FromSeconds(30)), Is.True);
        Assert.That(StableEnd(kafka, topic), Is.Zero, "the transaction is open");

        await proxy.DisableAsync();
        CommitOutcome? abort = output.Abort(TimeSpan.FromSeconds(1));
        await proxy.EnableAsync();
        long asked = Stopwatch.GetTimestamp();
        await Eventually.IsTrueAsync(() => output.Renew(TimeSpan.FromSeconds(5)), "another producer is ready");

        Assert.That(abort, Is.Not.EqualTo(CommitOutcome.Committed), "the abort got no answer");
        await Eventually.IsTrueAsync(() => StableEnd(kafka, topic) == 2, "the record and its abort marker are behind every reader");
        Assert.That(Stopwatch.GetElapsedTime(asked), Is.LessThan(TimeSpan.FromMilliseconds(settings.TransactionTimeoutMs!.Value)), "it was not the broker's time-out");
        output.Send(topic, 0, null, [2]);
        Assert.That(output.Abort(TimeSpan.FromSeconds(30)), Is.EqualTo(CommitOutcome.Committed), "the new one works");
    }

    [Test]
    public async Task A_worker_whose_abort_gets_no_answer_three_times_takes_another_producer_and_leaves_nothing_open()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        ToxiproxyServer toxiproxy = await TestServers.ToxiproxyAsync();
        await using var run = await WordCountRun.OnAsync(kafka, partitions: 2);
        await using Proxy proxy = await kafka.OpenProxyAsync(toxiproxy);
        var config = run.Config() with
        {
            Client = new Dictionary<string, string> { ["bootstrap.servers"] = proxy.Address, ["reconnect.backoff.max.ms"] = "500" },
            TransactionTimeout = TimeSpan.FromSeconds(4),
        };
        var worker = await run.StartAsync(config);
        run.Say(500);
        await run.CountsComeOutRightAsync();

        // Nothing gets through, but nothing is closed either, so that the client has no reason to look for its coordinator anew.
        run.Say(3000);
        await proxy.AddToxicAsync("timeout", "downstream", ("timeout", 0));
        run.Say(500);
        await Eventually.IsTrueAsync(() => run.Logs.Count(2012) > 0, "a thread takes another producer");
        await proxy.RemoveToxicAsync("timeout");

        await run.CountsComeOutRightAsync();
        Assert.That(worker.Status().ThreadsAlive, Is.True);
        await worker.StopAsync(TimeSpan.FromSeconds(60));
        await Eventually.IsTrueAsync(
            () => StableEnd(kafka, run.Counts) == StableEnd(kafka, run.Counts, IsolationLevel.ReadUncommitted), "no transaction is open");
    }

    /// <summary>How far readers of committed records come.</summary>
    private static long StableEnd(KafkaServer kafka, string topic, IsolationLevel level = IsolationLevel.ReadCommitted)
    {
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(
            new ConsumerConfig { BootstrapServers = kafka.BootstrapServers, GroupId = topic + "-reader", IsolationLevel = level }).SetLogHandler((_, _) => { }).Build();
        return consumer.QueryWatermarkOffsets(new TopicPartition(topic, 0), TimeSpan.FromSeconds(10)).High.Value;
    }
}
