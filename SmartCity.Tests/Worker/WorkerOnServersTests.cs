using System.Globalization;

using Confluent.Kafka;

using Npgsql;

using SmartCity.Domain;
using SmartCity.Domain.Configuration;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Sinks.Database;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Worker;

/// <summary>The worker as a process on a real broker, a real database and a folder as the lake.</summary>
internal sealed class WorkerOnServersTests
{
    private readonly Dictionary<string, string> _settings = [];
    private KafkaServer _kafka = null!;
    private TopicNames _topics = null!;
    private TestDatabase _database = null!;
    private string _lake = null!;

    [SetUp]
    public async Task Prepare()
    {
        _kafka = await TestServers.KafkaAsync();
        _database = await TestDatabase.CreateAsync(DatabaseProvider.Postgres);
        _topics = TopicNames.WithPrefix($"worker-{Guid.NewGuid():n}.");
        _lake = Scratch.Folder("lake");
        _settings.Clear();
        _settings["Kafka:BootstrapServers"] = _kafka.BootstrapServers;
        _settings["Kafka:TopicPrefix"] = _topics.Prefix;
        _settings["ConnectionStrings:SmartCity"] = _database.Settings.ConnectionString;
        _settings["Streams:ApplicationId"] = _topics.Prefix + "app";
        _settings["Streams:SensorPartitions"] = "2";
        _settings["Streams:RepartitionPartitions"] = "2";
        _settings["Lake:Folder"] = _lake;
        _settings["Lake:FlushInterval"] = "1s";
    }

    [TearDown]
    public async Task CleanUp()
    {
        await _database.DisposeAsync();
        Scratch.Remove(_lake);
    }

    [Test]
    public async Task A_reading_reaches_the_tables_and_the_lake_and_a_bad_one_the_dead_letters()
    {
        await using var worker = WorkerProcess.Start(_settings);
        await worker.ReadyAsync();
        await ProduceAsync("AQ-1", Reading("AQ-1", 18.5));
        await ProduceAsync("AQ-1", "no JSON");

        await Eventually.IsTrueAsync(async () => await RowsAsync() == "10|1|18.5|18.5", "the reading is in five windows of the city and five of its district");
        await Eventually.IsTrueAsync(async () => await _database.ScalarAsync("SELECT COUNT(*) FROM sensors WHERE sensor_id = 'AQ-1'") == "1", "the sensor is known");
        await Eventually.IsTrueAsync(() => Directory.EnumerateFiles(_lake, "*.parquet", SearchOption.AllDirectories).Any(), "the reading is in the lake");
        Assert.That(ReadDeadLetter(), Is.EqualTo("no JSON"));

        await worker.HealthBecomesAsync(health => health.GetProperty("status").GetString() == "healthy", "it is healthy");
        var metrics = (await worker.GetAsync("/metrics")).Body;
        Assert.That(metrics, Does.Contain("smartcity_streams_readings_total").And.Contains("smartcity_sink_rows_total").And.Contains("sink=\"postgres\""));
        Assert.That(await worker.TerminateAsync(), Is.Zero);
        Assert.That(worker.Output, Does.Contain($"Created topic {_topics.Sensors} with 2 partitions (message.timestamp.type=LogAppendTime)"));
        Assert.That(worker.Output, Does.Not.Contain("   at "));
    }

    [Test]
    public async Task A_bad_record_as_large_as_the_broker_takes_stops_nothing()
    {
        // It does not compress, and its headers come on top: the dead letters must take more than the sensors' topic does.
        var noise = new byte[1_048_500];
        new Random(7).NextBytes(noise);
        await using var worker = WorkerProcess.Start(_settings);
        await worker.ReadyAsync();
        using (var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = _kafka.BootstrapServers, MessageMaxBytes = 2_000_000 }).Build())
        {
            await producer.ProduceAsync(_topics.Sensors, new Message<Null, byte[]> { Value = noise });
        }

        await ProduceAsync("AQ-1", Reading("AQ-1", 18.5));
        await Eventually.IsTrueAsync(async () => await RowsAsync() == "10|1|18.5|18.5", "the reading after it is counted");
        Assert.That(ReadDeadLetter(), Has.Length.GreaterThan(100_000));
        Assert.That(await worker.TerminateAsync(), Is.Zero);
    }

    [Test]
    public async Task A_reset_says_what_it_would_do_and_with_consent_has_every_window_computed_again()
    {
        await using (var worker = WorkerProcess.Start(_settings))
        {
            await worker.ReadyAsync();
            await ProduceAsync("AQ-1", Reading("AQ-1", 18.5));
            await Eventually.IsTrueAsync(async () => await RowsAsync() == "10|1|18.5|18.5", "the reading is counted");
            Assert.That(await worker.TerminateAsync(), Is.Zero);
        }

        foreach (var (arguments, said) in new[] { (new[] { "reset" }, "Nothing was changed."), (["reset", "--yes"], "done: epoch 0 -> 1") })
        {
            await using var reset = WorkerProcess.Start(_settings, arguments);
            Assert.That(await reset.ExitAsync(), Is.Zero, reset.Output);
            Assert.That(reset.Output, Does.Contain(said));
        }

        await using var again = WorkerProcess.Start(_settings);
        await again.ReadyAsync();
        await Eventually.IsTrueAsync(
            async () => await _database.ScalarAsync("SELECT COUNT(*) FROM air_quality_agg WHERE epoch = 1") == "10", "every row is of the next epoch");
        Assert.That(await RowsAsync(), Is.EqualTo("10|1|18.5|18.5"));
    }

    [Test]
    public async Task A_database_without_its_schema_ends_it_with_the_command_to_run()
    {
        string empty = await (await TestServers.PostgresAsync()).CreateDatabaseAsync();
        _settings["ConnectionStrings:SmartCity"] = empty;
        await using (var worker = WorkerProcess.Start(_settings))
        {
            Assert.That(await worker.ExitAsync(), Is.EqualTo(1));
            Assert.That(worker.Output, Does.Contain("The worker stopped: PostgreSQL ").And.Contains("Run, as the schema's owner: dotnet run --project SmartCity.Streams -- migrate"));
        }

        await using (var migrate = WorkerProcess.Start(_settings, "migrate"))
        {
            Assert.That(await migrate.ExitAsync(), Is.Zero);
            Assert.That(migrate.Output, Does.Contain(": applied "));
        }

        await using (var again = WorkerProcess.Start(_settings, "migrate"))
        {
            Assert.That(await again.ExitAsync(), Is.Zero);
            Assert.That(again.Output, Does.Contain(": the schema is up to date."));
        }
    }

    [Test]
    public async Task In_development_it_brings_the_schema_up_to_date_itself()
    {
        _settings["ConnectionStrings:SmartCity"] = await (await TestServers.PostgresAsync()).CreateDatabaseAsync();
        _settings["DOTNET_ENVIRONMENT"] = "Development";
        await using var worker = WorkerProcess.Start(_settings);
        await worker.ReadyAsync();

        Assert.That(await worker.TerminateAsync(), Is.Zero);
    }

    [Test]
    public async Task A_sensors_topic_with_create_time_is_warned_of()
    {
        await _kafka.CreateTopicAsync(_topics.Sensors, 1, new Dictionary<string, string> { ["message.timestamp.type"] = "CreateTime" });
        await using var worker = WorkerProcess.Start(_settings);
        await worker.HealthBecomesAsync(
            health => health.GetProperty("warnings").EnumerateArray().Any(
                warning => warning.GetString()!.StartsWith($"Topic {_topics.Sensors} has message.timestamp.type=CreateTime", StringComparison.Ordinal)),
            "its health warns");
        await worker.WritesAsync($"--alter --topic {_topics.Sensors} --add-config message.timestamp.type=LogAppendTime");
    }

    [Test]
    public async Task A_fault_of_the_stream_ends_it_with_1_and_one_clear_line()
    {
        await using (var worker = WorkerProcess.Start(_settings))
        {
            await worker.ReadyAsync();
            await ProduceAsync("AQ-1", Reading("AQ-1", 18.5));
            await Eventually.IsTrueAsync(async () => await RowsAsync() == "10|1|18.5|18.5", "the reading is counted");
            Assert.That(await worker.TerminateAsync(), Is.Zero);
        }

        _settings["Streams:Window:Size"] = "00:10:00";
        await using var other = WorkerProcess.Start(_settings);
        Assert.That(await other.ExitAsync(), Is.EqualTo(1));
        string last = other.Output.Split('\n')[^1];
        Assert.That(last, Does.StartWith("The worker stopped: ").And.Contains("reset"));
    }

    [Test]
    public async Task Started_before_its_servers_it_waits_and_a_database_outage_holds_up_nothing_else()
    {
        var toxiproxy = await TestServers.ToxiproxyAsync();
        var database = new NpgsqlConnectionStringBuilder(_database.Settings.ConnectionString);
        await using var kafkaProxy = await _kafka.OpenProxyAsync(toxiproxy);
        await using var databaseProxy = await toxiproxy.CreateProxyAsync($"{database.Host}:{database.Port}");
        await kafkaProxy.DisableAsync();
        await databaseProxy.DisableAsync();
        (database.Host, database.Port) = ("127.0.0.1", int.Parse(databaseProxy.Address.Split(':')[^1], CultureInfo.InvariantCulture));
        _settings["Kafka:BootstrapServers"] = kafkaProxy.Address;
        _settings["ConnectionStrings:SmartCity"] = database.ConnectionString;
        await using var worker = WorkerProcess.Start(_settings);
        await worker.WritesAsync("cannot be reached (Connection refused)");
        await worker.WritesAsync($"Kafka at {kafkaProxy.Address} cannot be reached (");

        await kafkaProxy.EnableAsync();
        await worker.HealthBecomesAsync(health => health.GetProperty("stream").GetString() == "running", "the stream runs without a database");
        await ProduceAsync("AQ-1", Reading("AQ-1", 18.5));
        await Eventually.IsTrueAsync(() => Count(_topics.Aggregates) >= 10, "rows are emitted without a database");
        await databaseProxy.EnableAsync();
        await Eventually.IsTrueAsync(async () => await RowsAsync() == "10|1|18.5|18.5", "the database has caught up");

        await databaseProxy.DisableAsync();
        await ProduceAsync("AQ-1", Reading("AQ-1", 19.5));
        await worker.HealthBecomesAsync(health => health.GetProperty("parts").GetProperty("postgres").GetString() == "retrying", "the sink tries again");
        Assert.That((await worker.HealthAsync()).GetProperty("stream").GetString(), Is.EqualTo("running"));
        await databaseProxy.EnableAsync();
        await Eventually.IsTrueAsync(async () => await RowsAsync() == "10|2|19|19.5", "the database has caught up again");
        Assert.That(await worker.TerminateAsync(), Is.Zero);
        Assert.That(worker.Output, Does.Not.Contain("   at "), "an outage is no reason for stack traces");
    }

    [Test]
    public async Task A_bad_row_stops_the_database_sink_alone()
    {
        await using var worker = WorkerProcess.Start(_settings);
        await worker.ReadyAsync();
        await ProduceAsync("x", "{}", _topics.Aggregates);
        await worker.HealthBecomesAsync(
            health => health.GetProperty("parts").GetProperty("postgres").GetString() == "failed" && health.GetProperty("warnings").GetArrayLength() > 0, "the sink has stopped");

        var health = await worker.HealthAsync();
        Assert.That(health.GetProperty("status").GetString(), Is.EqualTo("degraded"));
        Assert.That(health.GetProperty("stream").GetString(), Is.EqualTo("running"));
        Assert.That(health.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()), Has.Some.StartsWith("Part postgres has failed: The record at"));
        Assert.That(await worker.TerminateAsync(), Is.Zero);
    }

    [Test]
    public async Task Killed_and_started_again_it_counts_every_reading_once()
    {
        for (int round = 0; round < 3; round++)
        {
            await using var worker = WorkerProcess.Start(_settings);
            await worker.ReadyAsync();
            for (int reading = 0; reading < 20; reading++)
            {
                await ProduceAsync("AQ-1", Reading("AQ-1", 10 + round));
            }

            await worker.KillAsync();
        }

        await using var last = WorkerProcess.Start(_settings);
        await last.ReadyAsync();
        string expected = "10|60|11|12";
        await Eventually.IsTrueAsync(async () => await RowsAsync() == expected, "all sixty readings are in every window, once");
        Assert.That(await last.TerminateAsync(), Is.Zero);
    }

    // One moment for a whole test, so that all of its readings lie in the same windows.
    private readonly string _moment = TimeProvider.System.GetUtcNow().AddMinutes(-1).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private string Reading(string sensor, double pm25) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"sensor_id":"{{{sensor}}}","sensor_type":"air_quality","city":"Warsaw","district":"Wola","timestamp":"{{{_moment}}}","metrics":{"pm25":{{{pm25}}}}}""");

    private Task<string> RowsAsync() => _database.ScalarAsync("SELECT COUNT(*), MIN(reading_count), MIN(avg_pm25), MAX(max_pm25) FROM air_quality_agg");

    private async Task ProduceAsync(string key, string value, string? topic = null)
    {
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = _kafka.BootstrapServers, LingerMs = 0 }).Build();
        await producer.ProduceAsync(topic ?? _topics.Sensors, new Message<string, string> { Key = key, Value = value });
    }

    /// <summary>The records of a topic, transaction markers included.</summary>
    private long Count(string topic)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = _kafka.BootstrapServers, GroupId = "counter" }).Build();
        return Enumerable.Range(0, 2).Sum(partition => consumer.QueryWatermarkOffsets(new TopicPartition(topic, partition), TimeSpan.FromSeconds(10)).High.Value);
    }

    private string ReadDeadLetter()
    {
        using var consumer = new ConsumerBuilder<Ignore, string>(
            new ConsumerConfig { BootstrapServers = _kafka.BootstrapServers, GroupId = _topics.Prefix + "reader", AutoOffsetReset = AutoOffsetReset.Earliest }).Build();
        consumer.Assign(Enumerable.Range(0, 2).Select(partition => new TopicPartitionOffset(_topics.DeadLetters, partition, Offset.Beginning)));
        return consumer.Consume(TimeSpan.FromSeconds(30))?.Message.Value ?? "nothing";
    }
}
