using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

using Confluent.Kafka;
using Confluent.Kafka.Admin;

using Microsoft.Extensions.Logging;

using SmartCity.Benchmarks.Drain;
using SmartCity.Domain;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Benchmarks.Recovery;

/// <summary>
/// What a worker has to restore, and how fast it does: once killed with its state on disk, and once with nothing on disk.
/// It makes topics of its own on that broker.
/// </summary>
internal static partial class RestoreRun
{
    private const int Partitions = 4;
    private const int WindowsPerReading = 5;

    public static async Task RunAsync(Options options)
    {
        string bootstrap = options.BootstrapServers;
        var settings = new Dictionary<string, string>
        {
            ["bootstrap-servers"] = bootstrap,
            ["prefix"] = $"restore-{Guid.NewGuid():N}"[..16] + ".",
            ["state"] = Directory.CreateTempSubdirectory("smartcity-restore-").FullName,
            ["threads"] = options.Text("threads", "1"),
            ["partitions"] = options.Text("partitions", "4"),
        };
        var topics = TopicNames.WithPrefix(settings["prefix"]);
        int groups = options.Whole("windows", 1_000_000) / WindowsPerReading;
        int tail = (int)(groups * double.Parse(options.Text("tail", "0.02"), CultureInfo.InvariantCulture));
        try
        {
            using IAdminClient admin = options.Admin(); // used for no more than making topics: it can end the process when it is asked for offsets
            await admin.CreateTopicsAsync(((string[])[topics.Sensors, topics.Aggregates, topics.DeadLetters, topics.Late, topics.SensorStatus, topics.Quality]).Select(
                name => new TopicSpecification { Name = name, NumPartitions = Partitions, ReplicationFactor = -1 }));
            Produce(bootstrap, topics, 0, groups);

            using (var first = Child(settings))
            {
                await WaitUntilDoneAsync(bootstrap, settings, first);
                Produce(bootstrap, topics, 0, tail);
                await WaitUntilDoneAsync(bootstrap, settings, first);
                first.Process.Kill();
                await first.Process.WaitForExitAsync();
            }

            long changelog = Progress(bootstrap, Application(settings), Application(settings) + "-windows-changelog").End;
            Console.WriteLine($"{groups * WindowsPerReading} windows of {groups} districts and their cities; the changelog has {changelog} records and transaction markers; state on disk {SizeOf(settings["state"]) >> 20} MiB");
            await MeasureAsync("killed, its state on disk", settings, changelog);
            Directory.Delete(settings["state"], recursive: true);
            await MeasureAsync("nothing on disk", settings, changelog);
        }
        finally
        {
            if (Directory.Exists(settings["state"]))
            {
                Directory.Delete(settings["state"], recursive: true);
            }
        }
    }

    /// <summary>The worker itself: it runs until it is killed, and says on its output when it restores and when it is ready.</summary>
    public static async Task WorkAsync(Options options)
    {
        var config = new StreamsConfig
        {
            ApplicationId = options.Text("prefix", "") + "app",
            Client = new Dictionary<string, string> { ["bootstrap.servers"] = options.BootstrapServers },
            StateDirectory = options.Text("state", ""),
            Threads = options.Whole("threads", 1),
            RepartitionPartitions = options.Whole("partitions", 4),
            IdleTimeout = TimeSpan.FromHours(1),
            SessionTimeout = TimeSpan.FromSeconds(options.Whole("session", 6)),
            TransactionTimeout = TimeSpan.FromSeconds(options.Whole("transaction", 10)),
        };
        using var loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Information).AddSimpleConsole(console => console.SingleLine = true));
        await using var streams = new KafkaStreams(
            CityTopology.Build(TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)).AdvanceBy(TimeSpan.FromMinutes(1)), new ReadingRules(), options.Topics),
            config, loggers);
        await streams.StartAsync(CancellationToken.None);
        await streams.Completion;
    }

    private static async Task MeasureAsync(string what, Dictionary<string, string> settings, long changelog)
    {
        // The one before was killed: its place in the group is free once its session has ended.
        using Worker worker = Child(settings);
        await worker.ReadyAsync();
        double seconds = (worker.Restored - worker.Restoring).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what}: {worker.Records} of {changelog} changelog records replayed in {seconds:0.0} s ({worker.Records / Math.Max(seconds, 0.001):0} records/s); ready {worker.Ready.TotalSeconds:0.0} s after its start, of which {worker.Restoring.TotalSeconds:0.0} s were the start, the former worker's session and the assignment"));
        worker.Process.Kill();
        await worker.Process.WaitForExitAsync();
    }

    private static Worker Child(Dictionary<string, string> settings)
    {
        var info = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        info.ArgumentList.Add("restore-worker");
        foreach ((string name, string value) in settings)
        {
            info.ArgumentList.Add("--" + name);
            info.ArgumentList.Add(value);
        }

        return new Worker(Process.Start(info)!);
    }

    private static void Produce(string bootstrap, TopicNames topics, int from, int to)
    {
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(
            new ProducerConfig { BootstrapServers = bootstrap, EnableIdempotence = true, LingerMs = 20, QueueBufferingMaxMessages = 2_000_000 }).Build();
        string time = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        for (int n = from; n < to; n++)
        {
            string reading = string.Create(
                CultureInfo.InvariantCulture,
                $$$"""{"sensor_id":"S-{{{n}}}","sensor_type":"weather","city":"City {{{n % 100}}}","district":"District {{{n / 100}}}","timestamp":"{{{time}}}","metrics":{"temperature":{{{n % 40}}}.5,"humidity":{{{n % 100}}},"wind_speed":{{{n % 30}}}.25}}""");
            producer.Produce(new TopicPartition(topics.Sensors, n % Partitions), new Message<Null, byte[]> { Value = Encoding.UTF8.GetBytes(reading) });
        }

        producer.Flush();
    }

    private static async Task WaitUntilDoneAsync(string bootstrap, Dictionary<string, string> settings, Worker worker)
    {
        string application = Application(settings);
        await worker.ReadyAsync();
        while (Progress(bootstrap, application, settings["prefix"] + Topics.Sensors) is var readings && readings.Committed < readings.End

            // The end of a topic of transactions is a marker, which a consumer passes without committing it.
            || Progress(bootstrap, application + "-windows", application + "-partials") is var blocks && blocks.Committed + (2 * Partitions) < blocks.End)
        {
            await Task.Delay(200);
        }
    }

    /// <summary>How far a group has committed a topic, and where it ends, over all partitions. A consumer asks, which never joins.</summary>
    private static (long Committed, long End) Progress(string bootstrap, string group, string topic)
    {
        TimeSpan patience = TimeSpan.FromSeconds(30);
        var config = new ConsumerConfig { BootstrapServers = bootstrap, GroupId = group, IsolationLevel = IsolationLevel.ReadUncommitted, EnableAutoCommit = false };
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(config).Build();
        using IAdminClient client = new DependentAdminClientBuilder(consumer.Handle).Build();
        var partitions = client.GetMetadata(topic, patience).Topics[0].Partitions.Select(one => new TopicPartition(topic, one.PartitionId)).ToList();
        return (consumer.Committed(partitions, patience).Sum(one => Math.Max(0, one.Offset.Value)), partitions.Sum(one => consumer.QueryWatermarkOffsets(one, patience).High.Value));
    }

    private static long SizeOf(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    private static string Application(Dictionary<string, string> settings) => settings["prefix"] + "app";

    /// <summary>A worker process, with what it says of its restoring; times are since its start.</summary>
    private sealed partial class Worker : IDisposable
    {
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly long _start = Stopwatch.GetTimestamp();

        public Worker(Process process)
        {
            Process = process;
            process.OutputDataReceived += (_, line) => Take(line.Data);
            process.EnableRaisingEvents = true;
            process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException("The worker has ended."));
            process.BeginOutputReadLine();
        }

        public Process Process { get; }

        public long Records { get; private set; }

        public TimeSpan Restoring { get; private set; }

        public TimeSpan Restored { get; private set; }

        public TimeSpan Ready { get; private set; }

        public Task ReadyAsync() => _ready.Task;

        public void Dispose()
        {
            if (!Process.HasExited)
            {
                Process.Kill();
            }

            Process.Dispose();
        }

        private void Take(string? line)
        {
            if (line is null)
            {
                return;
            }

            TimeSpan now = Stopwatch.GetElapsedTime(_start);
            if (line.Contains("[2005]", StringComparison.Ordinal) && Restoring == default)
            {
                Restoring = now;
            }
            else if (RestoredRecords().Match(line) is { Success: true } restored)
            {
                Restored = now;
                Records += long.Parse(restored.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            }
            else if (line.Contains(" to Running", StringComparison.Ordinal) && !_ready.Task.IsCompleted)
            {
                Ready = now;
                _ready.TrySetResult();
            }
        }

        [GeneratedRegex(@"\[2006\].*: (\d+) records")]
        private static partial Regex RestoredRecords();
    }
}
