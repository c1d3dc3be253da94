using System.Buffers;
using System.Text;

using Confluent.Kafka;

using Microsoft.Extensions.Logging.Abstractions;

using SmartCity.Domain;
using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Configuration;
using SmartCity.Streams.Kafka;
using SmartCity.Streams.Sinks;
using SmartCity.Streams.Sinks.Database;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Sinks.Database;

/// <summary>The database sink from a real broker into real databases.</summary>
[TestFixture(DatabaseProvider.Postgres)]
[TestFixture(DatabaseProvider.Sqlite)]
internal sealed class DatabaseSinkTests(DatabaseProvider provider)
{
    private const int Partitions = 3;

    private readonly List<IAsyncDisposable> _writers = [];
    private KafkaServer _kafka = null!;
    private KafkaAdmin _admin = null!;
    private TopicNames _topics = null!;
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateTopicsAndDatabase()
    {
        _kafka = await TestServers.KafkaAsync();
        _admin = new KafkaAdmin(KafkaSettings.For(_kafka.BootstrapServers), NullLogger.Instance);
        _topics = TopicNames.WithPrefix($"sink-{Guid.NewGuid():n}.");
        await _kafka.CreateTopicAsync(_topics.Aggregates, Partitions);
        await _kafka.CreateTopicAsync(_topics.SensorStatus, Partitions);
        _database = await TestDatabase.CreateAsync(provider);
    }

    [TearDown]
    public async Task CleanUp()
    {
        foreach (var writer in _writers)
        {
            await writer.DisposeAsync();
        }

        _writers.Clear();
        _admin.Dispose();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task Rows_of_committed_transactions_alone_are_written_and_a_restart_reads_nothing_again()
    {
        using (var producer = Producer("aborts"))
        {
            Send(producer, [Rows.Of(100)], commit: false);
            Send(producer, [Rows.Of(1), Rows.Of(2), Rows.Of(3, "Gdańsk")]);
        }

        await ReadUntilAsync(RevisionsAsync, ["Gdańsk|3", "Warsaw|2"], rows: 2, orUpTo: 3);
        var before = await _database.DumpAsync();

        using (var producer = Producer("aborts"))
        {
            Send(producer, [Rows.Of(4, "Łódź")]);
        }

        await ReadUntilAsync(RevisionsAsync, ["Gdańsk|3", "Warsaw|2", "Łódź|4"], rows: 1);
        Assert.That((await _database.DumpAsync()).Where(row => row.StartsWith("air_quality_agg|", StringComparison.Ordinal)), Is.SupersetOf(
            before.Where(row => row.StartsWith("air_quality_agg|", StringComparison.Ordinal))));
    }

    [Test]
    public async Task A_row_that_is_none_stops_the_sink_there_and_says_how_to_go_on()
    {
        using (var producer = Producer("bad"))
        {
            Send(producer, [Rows.Of(1), Rows.Of(2)], partition: 0);
        }

        long offset = await ProduceRawAsync("{\"sensor_type\":\"air_quality\"}");
        using (var producer = Producer("bad"))
        {
            Send(producer, [Rows.Of(9)], partition: 0);
        }

        using var consumer = Consumer();
        await consumer.StartAsync(default);
        await consumer.Ended.WaitAsync(TimeSpan.FromMinutes(2));

        Assert.That(consumer.Status.State, Is.EqualTo(SinkState.Failed));
        Assert.That(
            consumer.Status.LastError,
            Does.StartWith($"The record at {_topics.Aggregates}, partition 0, offset {offset} is not what belongs there")
                .And.Contains($"UPDATE sink_offsets SET next_offset = {offset + 1} WHERE sink = 'postgres' AND topic = '{_topics.Aggregates}' AND partition = 0"));
        Assert.That(await RevisionsAsync(), Is.EqualTo(new[] { "Warsaw|2" }), "what came before is written, what comes after is not");

        await _database.QueryAsync($"UPDATE sink_offsets SET next_offset = {offset + 1} WHERE topic = '{_topics.Aggregates}' AND partition = 0");
        await ReadUntilAsync(RevisionsAsync, ["Warsaw|9"], rows: 1);
    }

    [Test]
    public async Task Sensors_come_from_the_status_topic_and_a_tombstone_there_changes_nothing()
    {
        using (var producer = Producer("sensors"))
        {
            producer.BeginTransaction();
            producer.Produce(_topics.SensorStatus, Message("AQ-1", Json(Rows.Status("AQ-1", Rows.Start, 18.4).WriteJson)));
            producer.Produce(_topics.SensorStatus, Message("AQ-1", Json(Rows.Status("AQ-1", Rows.Start + 10_000, 20, interval: 10_000).WriteJson)));
            producer.Produce(_topics.SensorStatus, new Message<byte[], byte[]> { Key = "AQ-1"u8.ToArray(), Value = null! });
            producer.CommitTransaction();
        }

        await ReadUntilAsync(
            () => _database.QueryAsync("SELECT sensor_id, last_seen, interval_ms FROM sensors"), ["AQ-1|2026-01-15 14:00:10|10000"], rows: 1, orUpTo: 2, positions: 3);
    }

    [Test]
    public async Task Another_cluster_stops_the_sink_with_the_remedy()
    {
        await using (var writer = _database.Writer())
        {
            await writer.LoadAsync(new SourceLog("elsewhere", _topics.Aggregates, "x"), new Dictionary<int, long> { [0] = 0 }, default);
        }

        using var consumer = Consumer();
        await consumer.StartAsync(default);
        await consumer.Ended.WaitAsync(TimeSpan.FromMinutes(2));

        Assert.That(consumer.Status.State, Is.EqualTo(SinkState.Failed));
        Assert.That(consumer.Status.LastError, Does.Contain("was written from Kafka cluster elsewhere"));
    }

    [Test]
    public async Task With_connections_cut_and_members_coming_and_going_every_window_ends_at_its_newest_row()
    {
        const int Windows = 60, Versions = 200;
        using var stop = new CancellationTokenSource();
        var trouble = MakeTroubleAsync(stop.Token);
        using var steady = Consumer();
        await steady.StartAsync(default);
        using (var producer = Producer("load"))
        {
            for (int version = 0; version < Versions; version++)
            {
                Send(producer, Enumerable.Range(0, Windows).Select(window => Rows.Of(version, start: Rows.Start + (window * Rows.Minute), watermark: Rows.Start + version)));
            }
        }

        await stop.CancelAsync();
        await trouble;
        await Eventually.IsTrueAsync(
            async () => await _database.ScalarAsync("SELECT COUNT(*), MIN(revision) FROM air_quality_agg") == $"{Windows}|{Versions - 1}",
            "the newest row of every window is there");
        await steady.StopAsync(default);

        Assert.That(await _database.ScalarAsync("SELECT COUNT(*), MIN(revision), MAX(revision), MIN(reading_count) FROM air_quality_agg"), Is.EqualTo($"{Windows}|199|199|200"));
        Assert.That(await _database.ScalarAsync("SELECT watermark FROM stream_progress"), Is.EqualTo("2026-01-15 14:00:00.199"));

        async Task MakeTroubleAsync(CancellationToken cancellation)
        {
            var postgres = provider == DatabaseProvider.Postgres ? await TestServers.PostgresAsync() : null;
            while (!cancellation.IsCancellationRequested)
            {
                using var passing = Consumer();
                await passing.StartAsync(default);
                for (int cut = 0; cut < 5 && !cancellation.IsCancellationRequested; cut++)
                {
                    await (postgres?.TerminateConnectionsAsync(_database.Settings.ConnectionString) ?? Task.CompletedTask);
                    await Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None);
                }

                await passing.StopAsync(default);
            }
        }
    }

    /// <summary>
    /// Runs a sink until the database says what it must, stops it in good order, and looks at how many rows it wrote: more than <paramref name="rows"/> where
    /// versions of one row came to lie in two batches.
    /// </summary>
    private async Task ReadUntilAsync(Func<Task<IReadOnlyList<string>>> query, string[] expected, int rows, int orUpTo = 0, int positions = 0)
    {
        using var consumer = Consumer();
        await consumer.StartAsync(default);
        await Eventually.IsTrueAsync(
            async () => consumer.Status.Partitions.Sum(partition => partition.Position) >= positions && (await query()).SequenceEqual(expected),
            $"the database has {string.Join(", ", expected)}");
        await consumer.StopAsync(default);
        Assert.That(consumer.Status.State, Is.EqualTo(SinkState.Stopped));
        Assert.That(consumer.Status.Rows, Is.InRange(rows, Math.Max(rows, orUpTo)));
        Assert.That(await query(), Is.EqualTo(expected));
    }

    private SinkConsumer Consumer()
    {
        var writer = _database.Writer();
        _writers.Add(writer);
        var sink = new DatabaseSink(writer, _topics, _admin.LogOfAsync, TimeSpan.FromMilliseconds(50), TimeProvider.System);
        return new SinkConsumer(
            sink,
            new SinkOptions { ApplicationId = _topics.Prefix + "app", Client = KafkaSettings.For(_kafka.BootstrapServers).ClientProperties },
            TimeProvider.System,
            NullLogger.Instance);
    }

    private IProducer<byte[], byte[]> Producer(string id)
    {
        var producer = new ProducerBuilder<byte[], byte[]>(
            new ProducerConfig { BootstrapServers = _kafka.BootstrapServers, TransactionalId = _topics.Prefix + id, Partitioner = Partitioner.Murmur2 }).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(60));
        return producer;
    }

    private void Send(IProducer<byte[], byte[]> producer, IEnumerable<AggregateRow> rows, bool commit = true, int partition = -1)
    {
        producer.BeginTransaction();
        foreach (var row in rows)
        {
            producer.Produce(new TopicPartition(_topics.Aggregates, partition), Message(row.Key, Json(row.WriteJson)));
        }

        if (commit)
        {
            producer.CommitTransaction();
        }
        else
        {
            producer.Flush();
            producer.AbortTransaction();
        }
    }

    /// <summary>Returns the record's offset: a commit's marker before it may come a moment later than the commit's answer, and so after it.</summary>
    private async Task<long> ProduceRawAsync(string value)
    {
        using var producer = new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = _kafka.BootstrapServers }).Build();
        var sent = await producer.ProduceAsync(new TopicPartition(_topics.Aggregates, 0), new Message<Null, string> { Value = value });
        return sent.Offset;
    }

    private static Message<byte[], byte[]> Message(string key, byte[] value) => new() { Key = Encoding.UTF8.GetBytes(key), Value = value };

    private static byte[] Json(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenSpan.ToArray();
    }

    private async Task<IReadOnlyList<string>> RevisionsAsync()
        => [.. (await _database.QueryAsync("SELECT city, revision FROM air_quality_agg")).Order(StringComparer.Ordinal)];
}
