using System.Text;

using Confluent.Kafka;

using Minio.DataModel.Args;

using Npgsql;

using SmartCity.Tests.Support;

namespace SmartCity.Tests.Servers;

/// <summary>The servers themselves work, and come back after a crash with what they had.</summary>
internal sealed class ServersTests
{
    [Test]
    public async Task Kafka_gives_back_what_was_produced_even_after_a_kill()
    {
        await using KafkaServer kafka = await TestServers.OwnKafkaAsync();
        string topic = $"servers-{Guid.NewGuid():N}";
        await kafka.CreateTopicAsync(topic, 2);
        await ProduceAsync(kafka.BootstrapServers, topic, "before");
        await kafka.KillAsync();
        await kafka.StartAgainAsync();
        await ProduceAsync(kafka.BootstrapServers, topic, "after");

        Assert.That(Consume(kafka.BootstrapServers, topic, 2), Is.EqualTo((string[])["before", "after"]));
    }

    [Test]
    public async Task Kafka_commits_transactions()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        string topic = $"servers-{Guid.NewGuid():N}";
        await kafka.CreateTopicAsync(topic, 1);
        using IProducer<Null, string> producer = new ProducerBuilder<Null, string>(
            new ProducerConfig { BootstrapServers = kafka.BootstrapServers, TransactionalId = topic }).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(30));

        producer.BeginTransaction();
        producer.Produce(topic, new Message<Null, string> { Value = "aborted" });
        producer.AbortTransaction();
        producer.BeginTransaction();
        producer.Produce(topic, new Message<Null, string> { Value = "committed" });
        producer.CommitTransaction();

        Assert.That(Consume(kafka.BootstrapServers, topic, 1), Is.EqualTo((string[])["committed"]));
    }

    [Test]
    public async Task PostgreSQL_takes_a_binary_copy_and_keeps_it_through_a_crash()
    {
        await using PostgresServer postgres = await TestServers.OwnPostgresAsync();
        string database = await postgres.CreateDatabaseAsync();
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(database);
        await using (NpgsqlCommand create = source.CreateCommand("CREATE TABLE t (n bigint)"))
        {
            await create.ExecuteNonQueryAsync();
        }

        await using (NpgsqlConnection connection = await source.OpenConnectionAsync())
        {
            await using NpgsqlBinaryImporter copy = await connection.BeginBinaryImportAsync("COPY t FROM STDIN (FORMAT BINARY)");
            for (long n = 1; n <= 100; n++)
            {
                await copy.StartRowAsync();
                await copy.WriteAsync(n);
            }

            await copy.CompleteAsync();
        }

        await postgres.KillAsync();
        await postgres.StartAgainAsync();
        source.Clear();

        await using NpgsqlCommand sum = source.CreateCommand("SELECT sum(n)::bigint FROM t");
        Assert.That(await sum.ExecuteScalarAsync(), Is.EqualTo(5050L));
    }

    [Test]
    public async Task PostgreSQL_ends_the_connections_of_one_database()
    {
        PostgresServer postgres = await TestServers.PostgresAsync();
        string database = await postgres.CreateDatabaseAsync();
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(database);
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();

        await postgres.TerminateConnectionsAsync(database);

        await using var command = new NpgsqlCommand("SELECT 1", connection);
        Assert.That(async () => await command.ExecuteScalarAsync(), Throws.InstanceOf<NpgsqlException>());
    }

    [Test]
    public async Task S3_gives_back_an_object_even_after_a_kill()
    {
        await using S3Server store = await TestServers.OwnS3Async();
        string bucket = await store.CreateBucketAsync();
        byte[] content = Encoding.UTF8.GetBytes("żółć");
        using Minio.IMinioClient client = store.Client();
        await client.PutObjectAsync(
            new PutObjectArgs().WithBucket(bucket).WithObject("a/b c.txt").WithStreamData(new MemoryStream(content)).WithObjectSize(content.Length));
        await store.KillAsync();
        await store.StartAgainAsync();

        var read = new MemoryStream();
        await client.GetObjectAsync(new GetObjectArgs().WithBucket(bucket).WithObject("a/b c.txt").WithCallbackStream(stream => stream.CopyTo(read)));

        Assert.That(read.ToArray(), Is.EqualTo(content));
    }

    [Test]
    public async Task A_proxy_cuts_and_mends_the_way_to_Kafka()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        ToxiproxyServer toxiproxy = await TestServers.ToxiproxyAsync();
        string topic = $"servers-{Guid.NewGuid():N}";
        await kafka.CreateTopicAsync(topic, 1);
        await using Proxy proxy = await kafka.OpenProxyAsync(toxiproxy);
        using IProducer<Null, string> producer = new ProducerBuilder<Null, string>(
            new ProducerConfig { BootstrapServers = proxy.Address, MessageTimeoutMs = 60_000 }).SetLogHandler((_, _) => { }).Build();

        await proxy.DisableAsync();
        Task<DeliveryResult<Null, string>> sent = producer.ProduceAsync(topic, new Message<Null, string> { Value = "through" });
        await proxy.EnableAsync();
        await proxy.AddToxicAsync("latency", "downstream", ("latency", 20));

        Assert.That((await sent).Status, Is.EqualTo(PersistenceStatus.Persisted));
    }

    [Test]
    public async Task A_child_process_is_frozen_thawed_and_killed()
    {
        Assume.That(OperatingSystem.IsWindows(), Is.False, "Signals are a matter of Unix.");
        await using ChildProcess process = ChildProcess.Start(["sh", "-c", "while sleep 0.05; do echo tick; done"]);
        await process.WritesAsync("tick");

        process.Signal(ChildProcess.SigStop);
        process.Signal(ChildProcess.SigCont);
        int seen = process.Output.Length;
        await Eventually.IsTrueAsync(() => process.Output.Length > seen, "it ticks again");
        await process.EndAsync();

        Assert.That(process.ExitCode, Is.EqualTo(128 + ChildProcess.SigKill));
    }

    private static async Task ProduceAsync(string bootstrapServers, string topic, string value)
    {
        using IProducer<Null, string> producer = new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = bootstrapServers }).Build();
        await producer.ProduceAsync(new TopicPartition(topic, 0), new Message<Null, string> { Value = value });
    }

    private static string[] Consume(string bootstrapServers, string topic, int count)
    {
        using IConsumer<Ignore, string> consumer = new ConsumerBuilder<Ignore, string>(
            new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = topic, IsolationLevel = IsolationLevel.ReadCommitted }).Build();
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        return [.. Enumerable.Range(0, count).Select(_ => (consumer.Consume(TimeSpan.FromSeconds(30)) ?? throw new TimeoutException("No record came.")).Message.Value)];
    }
}
