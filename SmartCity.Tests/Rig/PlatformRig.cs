using Confluent.Kafka;

using SmartCity.Domain;
using SmartCity.Domain.Lake;
using SmartCity.Tests.Oracle;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;
using SmartCity.Tests.Worker;

namespace SmartCity.Tests.Rig;

/// <summary>What is put together for a test of the whole platform.</summary>
internal sealed record RigOptions
{
    /// <summary>The partitions of the sensors topic.</summary>
    public int Partitions { get; init; } = 4;

    /// <summary>The worker processes.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>How many of them are started at once; the others are started when they are wanted.</summary>
    public int? StartedAtOnce { get; init; }

    /// <summary>True for servers that no other test uses, which may be killed; Kafka is three brokers then.</summary>
    public bool OwnServers { get; init; }

    /// <summary>The configuration of the sensors topic.</summary>
    public IReadOnlyDictionary<string, string> TopicConfig { get; init; } = new Dictionary<string, string> { ["message.timestamp.type"] = "LogAppendTime" };

    /// <summary>Settings of the workers that differ from the rig's, as environment variables.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The same for one worker, by its number; asked for whenever it is started.</summary>
    public Func<int, IReadOnlyDictionary<string, string>> SettingsOf { get; init; } = _ => new Dictionary<string, string>();

    /// <summary>The program of one worker, by its number; asked for whenever it is started. Null: the one that these tests were built with.</summary>
    public Func<int, string?> ProgramOf { get; init; } = _ => null;

    /// <summary>The program that makes the schema; null for the same.</summary>
    public string? MigrateBy { get; init; }

    /// <summary>The workers' command line.</summary>
    public string[] Arguments { get; init; } = [];
}

/// <summary>Worker processes on a real Kafka, PostgreSQL and S3 server, with names of their own there, and the means to compare what they made with the oracle.</summary>
internal sealed class PlatformRig : IAsyncDisposable
{
    public static readonly OracleTimes Times = new();

    private readonly RigOptions _options;
    private readonly string _prefix = $"rig-{Guid.NewGuid():N}.";
    private readonly string _state = Scratch.Folder("state");
    private readonly IObjectStore _lake;
    private readonly Dictionary<string, string> _settings;
    private readonly WorkerProcess?[] _workers;

    private PlatformRig(RigOptions options, KafkaServer kafka, PostgresServer postgres, string database, S3Server s3, string bucket)
    {
        _options = options;
        _workers = new WorkerProcess?[options.Workers];
        (Kafka, Postgres, Database, S3) = (kafka, postgres, database, s3);
        var lake = new LakeOptions { Endpoint = s3.Endpoint.ToString(), Bucket = bucket, Region = s3.Region, AccessKey = s3.AccessKey, SecretKey = s3.SecretKey };
        _lake = LakeStore.Create(lake);

        // Time-outs are short, so that a killed worker's work is taken over several times within a test.
        _settings = new Dictionary<string, string>
        {
            ["Kafka__BootstrapServers"] = kafka.BootstrapServers,
            ["Kafka__TopicPrefix"] = _prefix,
            ["ConnectionStrings__SmartCity"] = database,
            ["Lake__Endpoint"] = lake.Endpoint,
            ["Lake__Bucket"] = lake.Bucket,
            ["Lake__Region"] = lake.Region,
            ["Lake__AccessKey"] = lake.AccessKey,
            ["Lake__SecretKey"] = lake.SecretKey,
            ["Lake__FlushInterval"] = "00:00:05",
            ["Streams__ApplicationId"] = ApplicationId,
            ["Streams__StateDirectory"] = _state,
            ["Streams__SessionTimeout"] = "00:00:06",
            ["Streams__TransactionTimeout"] = "00:00:10",
            ["Streams__IdleTimeout"] = "00:00:05",
            ["Streams__RaiseInterval"] = "00:00:05",
            ["Worker__Port"] = "0",
        };
        foreach ((string name, string value) in options.Settings)
        {
            _settings[name] = value;
        }
    }

    public KafkaServer Kafka { get; }

    public PostgresServer Postgres { get; }

    public S3Server S3 { get; }

    /// <summary>The connection string of the rig's database.</summary>
    public string Database { get; }

    public string SensorsTopic => _prefix + Topics.Sensors;

    public string AggregatesTopic => _prefix + Topics.Aggregates;

    public string ApplicationId => _prefix + "app";

    public string ChangelogTopic => ApplicationId + "-windows-changelog";

    public string PartialsTopic => ApplicationId + "-partials";

    /// <summary>What the workers wrote last.</summary>
    public string Output => string.Join("\n\n", _workers.OfType<WorkerProcess>().Select(worker => worker.Output.Length > 6000 ? worker.Output[^6000..] : worker.Output));

    /// <summary>
    /// Makes topic, database and bucket, migrates, and starts the workers, which may still be joining when it returns. <paramref name="first"/> may fill the topic
    /// before they start.
    /// </summary>
    public static async Task<PlatformRig> StartAsync(RigOptions options, Func<PlatformRig, Task>? first = null)
    {
        KafkaServer kafka = await (options.OwnServers ? TestServers.OwnKafkaClusterAsync() : TestServers.KafkaAsync());
        PostgresServer postgres = await (options.OwnServers ? TestServers.OwnPostgresAsync() : TestServers.PostgresAsync());
        S3Server s3 = await (options.OwnServers ? TestServers.OwnS3Async() : TestServers.S3Async());
        var rig = new PlatformRig(options, kafka, postgres, await postgres.CreateDatabaseAsync(), s3, await s3.CreateBucketAsync());
        await kafka.CreateTopicAsync(rig.SensorsTopic, options.Partitions, options.TopicConfig);
        if (first is not null)
        {
            await first(rig);
        }

        await rig.MigrateAsync(options.MigrateBy);
        for (int worker = 0; worker < (options.StartedAtOnce ?? options.Workers); worker++)
        {
            rig.StartWorker(worker);
        }

        return rig;
    }

    /// <summary>Brings the schema to where a program has it; null for the one that these tests were built with.</summary>
    public async Task MigrateAsync(string? by)
    {
        await using WorkerProcess migration = WorkerProcess.StartProgram(by, _settings, "migrate");
        Assert.That(await migration.ExitAsync(), Is.Zero, migration.Output);
    }

    /// <summary>A worker by its number; null when it has not been started yet.</summary>
    public WorkerProcess? Worker(int worker) => _workers[worker];

    /// <summary>Starts a worker that has not run yet or has ended, on the state it left.</summary>
    public void StartWorker(int worker)
    {
        var settings = new Dictionary<string, string>(_settings);
        foreach ((string name, string value) in _options.SettingsOf(worker))
        {
            settings[name] = value;
        }

        _workers[worker] = WorkerProcess.StartProgram(_options.ProgramOf(worker), settings, _options.Arguments);
    }

    /// <summary>Stops a worker in good order and starts it again.</summary>
    public async Task RestartAsync(int worker)
    {
        Assert.That(await _workers[worker]!.TerminateAsync(), Is.Zero, _workers[worker]!.Output);
        await _workers[worker]!.DisposeAsync();
        StartWorker(worker);
    }

    /// <summary>Fails with a worker's output when it has ended by itself.</summary>
    public void CheckWorkers()
    {
        foreach (WorkerProcess worker in _workers.OfType<WorkerProcess>().Where(worker => worker.HasExited))
        {
            Assert.Fail($"A worker ended by itself with {worker.ExitCode}:\n{worker.Output}");
        }
    }

    public IReadOnlyList<IReadOnlyList<LogRecord>> Input() => LogReader.Read(Kafka.BootstrapServers, SensorsTopic);

    public IReadOnlyList<IReadOnlyList<LogRecord>> Late() => LogReader.Read(Kafka.BootstrapServers, _prefix + Topics.Late);

    public IReadOnlyList<IReadOnlyList<LogRecord>> DeadLetters() => LogReader.Read(Kafka.BootstrapServers, _prefix + Topics.DeadLetters);

    /// <summary>What must be, by the input and by the raises recorded so far.</summary>
    public OracleVerdict Judge(IReadOnlyList<IReadOnlyList<LogRecord>> input)
        => Judge(input, Raises());

    public static OracleVerdict Judge(IReadOnlyList<IReadOnlyList<LogRecord>> input, IReadOnlyList<OracleRaise> raises) => WindowOracle.Judge(input, raises, Times);

    /// <summary>The raises recorded so far.</summary>
    public IReadOnlyList<OracleRaise> Raises()
        => OracleRaise.Read(Kafka.BootstrapServers, ApplicationId + "-raises");

    /// <summary>Everything that is not as it must be, by where it is.</summary>
    public async Task<IReadOnlyDictionary<string, Differences>> CompareAsync(IReadOnlyList<IReadOnlyList<LogRecord>> input, OracleVerdict verdict)
    {
        string folder = await LakeComparison.DownloadAsync(_lake);
        try
        {
            return new Dictionary<string, Differences>
            {
                ["rows of windows in Kafka"] = AggregatesTopicComparison.Rows(Kafka.BootstrapServers, AggregatesTopic, verdict, Times),
                ["windows in PostgreSQL"] = await DatabaseComparison.WindowsAsync(Database, verdict, Times),
                ["counts in quality_hourly"] = await DatabaseComparison.CountsAsync(Database, verdict),
                ["readings in the lake"] = LakeComparison.Readings(folder, input, verdict),
                ["final windows in the lake"] = LakeComparison.FinalWindows(folder, verdict, Times),
                ["late readings"] = SideTopicComparison.Late(input, Late(), verdict),
                ["dead letters"] = SideTopicComparison.DeadLetters(input, DeadLetters(), verdict),
            };
        }
        finally
        {
            Scratch.Remove(folder);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (WorkerProcess worker in _workers.OfType<WorkerProcess>())
        {
            await worker.DisposeAsync();
        }

        (_lake as IDisposable)?.Dispose();
        if (_options.OwnServers)
        {
            foreach (TestServer server in (TestServer[])[Kafka, Postgres, S3])
            {
                await server.DisposeAsync();
            }
        }

        Scratch.Remove(_state);
    }
}
