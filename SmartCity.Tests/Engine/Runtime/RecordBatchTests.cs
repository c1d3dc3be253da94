using System.Text;

using Confluent.Kafka;

using Microsoft.Extensions.Logging.Abstractions;

using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Runtime;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine.Runtime;

/// <summary>Records that are taken from the client's own queue, many at once, are the records that the client hands out one by one.</summary>
[TestFixture]
internal sealed class RecordBatchTests
{
    private static readonly DateTimeOffset Time = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    private readonly string _topic = $"batch-{Guid.NewGuid():N}";
    private KafkaServer _kafka = null!;

    [OneTimeSetUp]
    public async Task ProduceAsync()
    {
        _kafka = await TestServers.KafkaAsync();
        await _kafka.CreateTopicAsync(_topic, 2, new Dictionary<string, string> { ["message.timestamp.type"] = "CreateTime" });
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = _kafka.BootstrapServers, LingerMs = 5 }).Build();
        for (var i = 0; i < 300; i++)
        {
            producer.Produce(new TopicPartition(_topic, i % 2), new Message<byte[]?, byte[]?>
            {
                Key = i == 10 ? null : Encoding.UTF8.GetBytes($"k{i}"),
                Value = i == 20 ? null : i == 30 ? [] : Encoding.UTF8.GetBytes($"v{i}"),
                Timestamp = new Timestamp(Time.AddMilliseconds(i)),
                Headers = i == 40 ? new Headers { { "other", [1] }, { "traceparent", Encoding.ASCII.GetBytes("first") }, { "traceparent", Encoding.ASCII.GetBytes("last") } } : i == 42 ? new Headers { { "other", [1] } } : null,
            });
        }

        producer.Flush(TimeSpan.FromSeconds(30));
    }

    [Test]
    public async Task A_batch_holds_keys_values_times_and_offsets_as_they_were_produced_and_says_where_a_partition_ends()
    {
        using var consumer = Consumer();
        consumer.Assign([new TopicPartitionOffset(_topic, 0, Offset.Beginning), new TopicPartitionOffset(_topic, 1, Offset.Beginning)]);
        using var batch = RecordBatch.Of(consumer.Handle, 64) ?? throw new AssertionException("this version of the client does not show its queue where it is looked for");
        List<string> seen = [];
        HashSet<int> ended = [];
        await Eventually.IsTrueAsync(() => Task.Run(() =>
        {
            var count = batch.Take(64);
            for (var i = 0; i < count; i++)
            {
                Assert.That(batch.Error(i), Is.Null);
                if (batch.IsEnd(i))
                {
                    ended.Add(batch.Partition(i));
                }
                else
                {
                    seen.Add(Text(batch, i));
                }
            }

            batch.Release();
            return ended.Count == 2;
        }), "both partitions were read to their ends");

        Assert.That(seen, Is.EquivalentTo(Enumerable.Range(0, 300).Select(i =>
            $"{i % 2}@{i / 2} {(i == 10 ? "null" : $"k{i}")}={(i == 20 ? "null" : i == 30 ? "" : $"v{i}")} at {Time.AddMilliseconds(i).ToUnixTimeMilliseconds()}")));
    }

    [Test]
    public async Task The_last_header_of_a_name_is_found_and_one_that_is_not_there_is_empty()
    {
        using var consumer = Consumer();
        consumer.Assign(new TopicPartitionOffset(_topic, 0, 20));
        using var batch = RecordBatch.Of(consumer.Handle, 3)!;
        List<string> seen = [];
        await Eventually.IsTrueAsync(() => Task.Run(() =>
        {
            var count = batch.Take(3 - seen.Count);
            for (var i = 0; i < count; i++)
            {
                seen.Add($"{batch.Offset(i)} {Encoding.ASCII.GetString(batch.Header(i, BatchSpan.NativeHeader))}");
            }

            batch.Release();
            return seen.Count == 3;
        }), "three records are read");

        Assert.That(seen, Is.EqualTo(new[] { "20 last", "21 ", "22 " }));
    }

    [Test]
    public async Task An_offset_that_is_not_there_comes_as_an_error_and_not_as_a_record()
    {
        using var consumer = Consumer();
        consumer.Assign(new TopicPartitionOffset(_topic, 0, 1_000_000));
        using var batch = RecordBatch.Of(consumer.Handle, 64)!;
        Error? error = null;
        await Eventually.IsTrueAsync(() => Task.Run(() =>
        {
            error = batch.Take(1) == 1 ? batch.Error(0) : null;
            batch.Release();
            return error is not null;
        }), "the client says that there is no such offset");

        Assert.That(error!.Code, Is.EqualTo(ErrorCode.Local_AutoOffsetReset));
    }

    private static string Text(RecordBatch batch, int i)
    {
        var key = batch.HasKey(i) ? Encoding.UTF8.GetString(batch.Key(i)) : "null";
        var value = batch.HasValue(i) ? Encoding.UTF8.GetString(batch.Value(i)) : "null";
        return $"{batch.Partition(i)}@{batch.Offset(i)} {key}={value} at {batch.TimestampMs(i)}";
    }

    private IConsumer<int, int> Consumer()
    {
        var config = new StreamsConfig { ApplicationId = _topic, Client = new Dictionary<string, string> { ["bootstrap.servers"] = _kafka.BootstrapServers } };
        return new Clients(config, NullLogger.Instance).Consumer(_topic, "batch", oneTopic: true, headers: false, new RecordBuffer(), new RecordBuffer()).Build();
    }
}
