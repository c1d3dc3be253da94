using System.Globalization;

using Confluent.Kafka;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

using SmartCity.Domain.Lake;
using SmartCity.Streams.Sinks;
using SmartCity.Streams.Sinks.Lake;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Lake;

/// <summary>The aggregate sink behind a transactional producer on a real Kafka, killed in mid-upload.</summary>
internal sealed class AggregateLakeSinkTests
{
    private const int Partitions = 2;

    [Test]
    public async Task Every_committed_final_row_is_in_the_lake_once_after_a_crash_and_none_of_an_aborted_transaction()
    {
        var kafka = await TestServers.KafkaAsync();
        var topic = $"aggregates-{Guid.NewGuid():N}";
        await kafka.CreateTopicAsync(topic, Partitions);
        using var lake = new LakeFolder();
        var expected = new List<string>();
        Produce(kafka, topic, expected);

        var clock = new FakeTimeProvider();
        var store = new TestStore(lake.Store) { BeforePut = (number, ct) => number <= 2 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, ct) };
        using (var dying = Consumer(kafka, topic, store, clock, stop: TimeSpan.Zero))
        {
            await dying.StartAsync(default);
            await Eventually.IsTrueAsync(() => dying.Status.Partitions is { Count: Partitions } all && all.All(p => p.Position > 0 && p.Position >= p.End - 1), "all has been read");
            clock.Advance(TimeSpan.FromHours(1));
            await Eventually.IsTrueAsync(() => store.Puts.Count == 2, "the upload hangs after two objects");
            await dying.StopAsync(default);
        }

        Produce(kafka, topic, expected);
        using var heir = Consumer(kafka, topic, lake.Store, TimeProvider.System, stop: TimeSpan.FromSeconds(20));
        await heir.StartAsync(default);
        await Eventually.IsTrueAsync(() => heir.Status.Partitions is { Count: Partitions } all && all.All(p => p.Position > 0 && p.Position >= p.End - 1), "all has been read");
        await heir.StopAsync(default);

        var rows = lake.Query("SELECT city, district, revision FROM {aggregated:weather}").Select(r => string.Join('|', r));
        Assert.That(rows.Order(StringComparer.Ordinal), Is.EqualTo(expected.Order(StringComparer.Ordinal)));
        Assert.That(expected, Has.Count.EqualTo(200));
    }

    private static SinkConsumer Consumer(KafkaServer kafka, string topic, IObjectStore store, TimeProvider clock, TimeSpan stop)
    {
        var options = new SinkOptions
        {
            ApplicationId = topic,
            Client = new Dictionary<string, string> { ["bootstrap.servers"] = kafka.BootstrapServers },
            SessionTimeout = TimeSpan.FromSeconds(6),
            StopTimeout = stop,
            RevokeTimeout = TimeSpan.FromSeconds(1),
        };
        var lake = new LakeOptions { FlushInterval = TimeSpan.FromHours(1) };
        var content = new AggregateContent(topic, LakeFormat.Parquet, NullLogger.Instance);
        var plan = new LakePlan(topic, options.Client, -1, NullLogger.Instance);
        return new SinkConsumer(
            new LakeSink(content, store, plan, lake, new LakeBudget(lake.FlushBytes), new LakeMetrics(), clock, NullLogger.Instance), options, clock, NullLogger.Instance);
    }

    /// <summary>Ten transactions of sixty rows, every third row final; every other transaction is aborted, the last is not.</summary>
    private static void Produce(KafkaServer kafka, string topic, List<string> expected)
    {
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = kafka.BootstrapServers, TransactionalId = topic }).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(60));
        var first = expected.Count * 10;
        for (var transaction = 0; transaction < 10; transaction++)
        {
            var committed = transaction % 2 == 1;
            producer.BeginTransaction();
            for (var i = 0; i < 60; i++)
            {
                var revision = first + (transaction * 60) + i;
                var isFinal = i % 3 == 0;
                var (city, district) = ($"City {revision % 5}", committed ? "kept" : "aborted");
                var row = AggregateParquetTests.Row(city, district, AggregateParquetTests.Start + (revision * 3_600_000L), isFinal, revision);
                producer.Produce(new TopicPartition(topic, i % Partitions), new Message<Null, byte[]> { Value = row });
                if (committed && isFinal)
                {
                    expected.Add(string.Create(CultureInfo.InvariantCulture, $"{city}|{district}|{revision}"));
                }
            }

            // Otherwise an abort would only drop what was not sent yet.
            producer.Flush();
            if (committed)
            {
                producer.CommitTransaction();
            }
            else
            {
                producer.AbortTransaction();
            }
        }
    }
}
