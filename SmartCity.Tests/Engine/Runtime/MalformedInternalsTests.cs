using Confluent.Kafka;

using SmartCity.Streams.Engine;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine.Runtime;

/// <summary>Something else wrote to an internal topic. The worker stops there: it skips nothing, and says what to do.</summary>
internal sealed class MalformedInternalsTests
{
    [Test]
    public async Task A_record_that_is_no_block_stops_the_worker_and_says_what_to_do()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        await using var run = await WordCountRun.OnAsync(kafka, partitions: 1);
        KafkaStreams worker = await run.StartAsync();
        run.Say(100);
        await run.CountsComeOutRightAsync();

        await ProduceAsync(kafka, $"{run.Application}-partials", partition: 1, null, "nonsense"u8.ToArray());

        await StopsAsync(worker, $"{run.Application}-partials-1@");
        Assert.That(worker.Fault!.Message, Does.Contain("is no valid block").And.Contain("Reset the application"));
    }

    [TestCase("x", "", TestName = "A_changelog_record_with_a_foreign_key_stops_the_restore_and_says_what_to_do")]
    [TestCase("w", "", TestName = "A_changelog_record_with_half_a_key_stops_the_restore_and_says_what_to_do")]
    [TestCase("w12345678every", "", TestName = "A_changelog_record_that_is_no_window_stops_the_restore_and_says_what_to_do")]
    [TestCase("m", "nonsense", TestName = "A_changelog_record_that_is_no_progress_stops_the_restore_and_says_what_to_do")]
    public async Task A_changelog_record_that_is_no_state_stops_the_restore(string key, string value)
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        await using var run = await WordCountRun.OnAsync(kafka, partitions: 1);
        KafkaStreams first = await run.StartAsync();
        run.Say(100);
        await run.CountsComeOutRightAsync();
        await first.StopAsync(TimeSpan.FromSeconds(60));

        string changelog = $"{run.Application}-{run.Topology().StoreName}-changelog";
        await ProduceAsync(kafka, changelog, partition: 0, System.Text.Encoding.UTF8.GetBytes(key), System.Text.Encoding.UTF8.GetBytes(value));
        KafkaStreams second = await run.StartAsync(running: false);

        await StopsAsync(second, changelog);
        Assert.That(second.Fault!.Message, Does.Contain("cannot be read").And.Contain("Reset the application"));
    }

    private static async Task StopsAsync(KafkaStreams worker, string where)
    {
        await Eventually.IsTrueAsync(() => worker.Fault is not null, "the worker stops");
        Assert.That(worker.Fault, Is.InstanceOf<StreamsException>().With.Message.Contains(where));
    }

    private static async Task ProduceAsync(KafkaServer kafka, string topic, int partition, byte[]? key, byte[] value)
    {
        using IProducer<byte[]?, byte[]> producer = new ProducerBuilder<byte[]?, byte[]>(new ProducerConfig { BootstrapServers = kafka.BootstrapServers }).Build();
        await producer.ProduceAsync(new TopicPartition(topic, partition), new Message<byte[]?, byte[]> { Key = key, Value = value });
    }
}
