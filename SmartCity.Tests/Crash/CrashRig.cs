using System.Globalization;
using System.Text.Json;

using SmartCity.Domain;
using SmartCity.Domain.Lake;
using SmartCity.Tests.Oracle;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Crash;

/// <summary>Two worker processes on a real Kafka, PostgreSQL and S3 server, with names of their own there, and the means to compare what they made with the oracle.</summary>
internal sealed class CrashRig : IAsyncDisposable
{
    public const int Partitions = 4;
    private const int Workers = 2;

    private static readonly OracleTimes Times = new();

    private readonly KafkaServer _kafka;
    private readonly string _database;
    private readonly string _prefix;
    private readonly string _state = Scratch.Folder("state");
    private readonly IObjectStore _lake;
    private readonly Dictionary<string, string> _settings;
    private readonly WorkerProcess?[] _workers = new WorkerProcess?[Workers];

    private CrashRig(KafkaServer kafka, string database, S3Server s3, string bucket)
    {
        _kafka = kafka;
        _database = database;
        _prefix = $"crash-{Guid.NewGuid():N}.";
        var lake = new LakeOptions { Endpoint = s3.Endpoint.ToString(), Bucket = bucket, Region = s3.Region, AccessKey = s3.AccessKey, SecretKey = s3.SecretKey };
        _lake = LakeStore.Create(lake);

        // Time-outs are short, so that a killed worker's work is taken over several times within the test.
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
            ["Streams__ApplicationId"] = _prefix + "app",
            ["Streams__StateDirectory"] = _state,
            ["Streams__SessionTimeout"] = "00:00:06",
            ["Streams__TransactionTimeout"] = "00:00:10",
            ["Streams__IdleTimeout"] = "00:00:05",
            ["Streams__RaiseInterval"] = "00:00:05",
            ["Worker__Port"] = "0",
        };
    }

    public string SensorsTopic => _prefix + Topics.Sensors;

    public string BootstrapServers => _kafka.BootstrapServers;

    /// <summary>The database the workers write to.</summary>
    public string Database => _database;

    /// <summary>Starts the workers; <paramref name="first"/> may fill the topic before they do.</summary>
    public static async Task<CrashRig> StartAsync(Func<CrashRig, Task>? first = null)
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        PostgresServer postgres = await TestServers.PostgresAsync();
        S3Server s3 = await TestServers.S3Async();
        var rig = new CrashRig(kafka, await postgres.CreateDatabaseAsync(), s3, await s3.CreateBucketAsync());
        await kafka.CreateTopicAsync(rig.SensorsTopic, Partitions, new Dictionary<string, string> { ["message.timestamp.type"] = "LogAppendTime" });
        if (first is not null)
        {
            await first(rig);
        }

        await using (WorkerProcess migration = WorkerProcess.Start(rig._settings, "migrate"))
        {
            await migration.EndsAsync();
            Assert.That(migration.ExitCode, Is.Zero, migration.Output);
        }

        for (int worker = 0; worker < Workers; worker++)
        {
            rig.StartWorker(worker);
        }

        return rig;
    }

    /// <summary>Kills a worker as the kernel would for want of memory, and starts it again on the state it left.</summary>
    public async Task KillAndRestartAsync(int worker, TimeSpan after)
    {
        CheckWorkers();
        await _workers[worker]!.KillAsync();
        await Task.Delay(after);
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

    /// <summary>Asks the workers to stop, so that nothing changes any more.</summary>
    public async Task StopWorkersAsync()
    {
        foreach (WorkerProcess worker in _workers.OfType<WorkerProcess>())
        {
            await worker.StopAsync();
        }
    }

    /// <summary>What the workers wrote last.</summary>
    public string Output => string.Join("\n\n", _workers.OfType<WorkerProcess>().Select(worker => worker.Output.Length > 6000 ? worker.Output[^6000..] : worker.Output));

    public IReadOnlyList<IReadOnlyList<LogRecord>> Input() => LogReader.Read(BootstrapServers, SensorsTopic);

    /// <summary>The records of a topic (named without the rig's prefix).</summary>
    public int Count(string topic) => LogReader.Read(BootstrapServers, _prefix + topic).Sum(partition => partition.Count);

    /// <summary>What must be, by the input and by the raises recorded so far.</summary>
    public OracleVerdict Judge(IReadOnlyList<IReadOnlyList<LogRecord>> input)
        => WindowOracle.Judge(input, [.. LogReader.Read(BootstrapServers, _prefix + "app-raises").SelectMany(partition => partition).Select(ReadRaise)], Times);

    /// <summary>Everything that is not as it must be, by where it is.</summary>
    public async Task<IReadOnlyDictionary<string, Differences>> CompareAsync(IReadOnlyList<IReadOnlyList<LogRecord>> input, OracleVerdict verdict)
    {
        string folder = await LakeComparison.DownloadAsync(_lake);
        try
        {
            return new Dictionary<string, Differences>
            {
                ["windows in PostgreSQL"] = await DatabaseComparison.WindowsAsync(_database, verdict, Times),
                ["readings in the lake"] = LakeComparison.Readings(folder, input, verdict),
                ["final windows in the lake"] = LakeComparison.FinalWindows(folder, verdict, Times),
                ["late readings"] = SideTopicComparison.Late(input, LogReader.Read(BootstrapServers, _prefix + Topics.Late), verdict),
                ["dead letters"] = SideTopicComparison.DeadLetters(input, LogReader.Read(BootstrapServers, _prefix + Topics.DeadLetters), verdict),
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
        Scratch.Remove(_state);
    }

    private void StartWorker(int worker) => _workers[worker] = WorkerProcess.Start(_settings);

    private static OracleRaise ReadRaise(LogRecord record)
    {
        using JsonDocument json = JsonDocument.Parse(record.Value);
        return new OracleRaise(
            json.RootElement.GetProperty("partition").GetInt32(),
            json.RootElement.GetProperty("offset").GetInt64(),
            DateTimeOffset.Parse(json.RootElement.GetProperty("stream_time").GetString()!, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds());
    }
}
