using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

using Confluent.Kafka;

using Microsoft.Extensions.Logging.Abstractions;

using SmartCity.Domain;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Windows;
using SmartCity.Tests.Oracle;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;
using SmartCity.Tests.Worker;

namespace SmartCity.Tests.Determinism;

/// <summary>A reading as it goes into the log: the same partition, place and timestamp in every run.</summary>
internal readonly record struct LoggedReading(int Partition, long TimestampMs, byte[] Value);

/// <summary>
/// One installation of the city's topology on a real broker: an input log, workers in this process or as processes of their own, and what they wrote. Nothing
/// of it is shared with another run but the broker.
/// </summary>
internal sealed partial class CityRun : IAsyncDisposable
{
    private static readonly TimeWindows Windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)).AdvanceBy(TimeSpan.FromMinutes(1));

    private readonly KafkaServer _kafka;
    private readonly TopicNames _topics = TopicNames.WithPrefix($"run-{Guid.NewGuid():N}.");
    private readonly string _state = Scratch.Folder("city");
    private readonly List<IAsyncDisposable> _workers = [];
    private readonly IProducer<Null, byte[]> _producer;

    private CityRun(KafkaServer kafka)
    {
        _kafka = kafka;
        _producer = new ProducerBuilder<Null, byte[]>(
            new ProducerConfig { BootstrapServers = kafka.BootstrapServers, EnableIdempotence = true, LingerMs = 5, QueueBufferingMaxMessages = 1_000_000 }).Build();
    }

    /// <summary>How long a partition may be silent. Long enough to be no part of a test that does not shorten it.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(30);

    private string Application => _topics.Prefix + "app";

    public static async Task<CityRun> StartAsync(KafkaServer kafka, int partitions, TimeSpan? idleTimeout = null)
    {
        var run = new CityRun(kafka) { IdleTimeout = idleTimeout ?? TimeSpan.FromMinutes(30) };

        // The log keeps the times it is given, however long ago they are.
        await kafka.CreateTopicAsync(run._topics.Sensors, partitions, new Dictionary<string, string> { ["message.timestamp.type"] = "CreateTime", ["retention.ms"] = "-1" });
        foreach (string topic in (string[])[run._topics.Aggregates, run._topics.DeadLetters, run._topics.Late, run._topics.SensorStatus, run._topics.Quality])
        {
            await kafka.CreateTopicAsync(topic, 4);
        }

        return run;
    }

    public void Log(params IEnumerable<LoggedReading> readings)
    {
        foreach (LoggedReading reading in readings)
        {
            _producer.Produce(
                new TopicPartition(_topics.Sensors, reading.Partition),
                new Message<Null, byte[]> { Value = reading.Value, Timestamp = new Timestamp(reading.TimestampMs, TimestampType.CreateTime) });
        }

        _producer.Flush(TimeSpan.FromMinutes(1));
    }

    /// <summary>A worker in this process.</summary>
    public async Task<KafkaStreams> StartWorkerAsync()
    {
        var config = new StreamsConfig
        {
            ApplicationId = Application,
            Client = new Dictionary<string, string> { ["bootstrap.servers"] = _kafka.BootstrapServers },
            StateDirectory = _state,
            RepartitionPartitions = 4,
            IdleTimeout = IdleTimeout,
            RaiseInterval = IdleTimeout,
            SessionTimeout = TimeSpan.FromSeconds(10),
        };
        var worker = new KafkaStreams(CityTopology.Build(Windows, new ReadingRules(), _topics), config, NullLoggerFactory.Instance);
        _workers.Add(worker);
        await worker.StartAsync(CancellationToken.None);
        return worker;
    }

    /// <summary>A worker as a process, which can be killed. It does what one in this process does: no sinks.</summary>
    public WorkerProcess StartWorkerProcess(string bootstrapServers)
    {
        var worker = WorkerProcess.Start(new Dictionary<string, string>
        {
            ["Kafka:BootstrapServers"] = bootstrapServers,
            ["Kafka:TopicPrefix"] = _topics.Prefix,
            ["Streams:ApplicationId"] = Application,
            ["Streams:Roles"] = "combine,windows",
            ["Streams:StateDirectory"] = _state,
            ["Streams:SessionTimeout"] = "00:00:06",
            ["Streams:TransactionTimeout"] = "00:00:10",
            ["Streams:IdleTimeout"] = "00:30:00",
        });
        _workers.Add(worker);
        return worker;
    }

    /// <summary>How much of the input has been read and committed, from 0 to 1.</summary>
    public async Task<double> ProgressAsync()
    {
        double progress = 0;
        await Eventually.IsTrueAsync(
            () =>
            {
                try
                {
                    var read = GroupProgress.Of(_kafka.BootstrapServers, Application, _topics.Sensors);
                    progress = (double)read.Sum(partition => partition.Committed) / read.Sum(partition => partition.End);
                    return true;
                }
                catch (KafkaException)
                {
                    return false; // a broker that has just started does not know its groups yet
                }
            },
            "the broker says how far the group is");
        return progress;
    }

    public IReadOnlyList<IReadOnlyList<LogRecord>> Input() => LogReader.Read(_kafka.BootstrapServers, _topics.Sensors);

    public IReadOnlyList<IReadOnlyList<LogRecord>> Late() => LogReader.Read(_kafka.BootstrapServers, _topics.Late);

    public IReadOnlyList<IReadOnlyList<LogRecord>> DeadLetters() => LogReader.Read(_kafka.BootstrapServers, _topics.DeadLetters);

    public IReadOnlyList<OracleRaise> Raises() => OracleRaise.Read(_kafka.BootstrapServers, Application + "-raises");

    /// <summary>
    /// The final rows once there are as many as there must be: by window, and byte for byte but for what says when and from which block a row was written. A window
    /// that became final twice fails.
    /// </summary>
    public async Task<SortedDictionary<string, string>> FinalRowsAsync(int count)
    {
        SortedDictionary<string, string> rows = [];
        await Eventually.IsTrueAsync(
            () =>
            {
                rows = ReadFinalRows();
                return rows.Count >= count;
            },
            $"{count} windows are final");
        return rows;
    }

    /// <summary>The readings that a row says it counts.</summary>
    public static long CountOf(string row)
    {
        using JsonDocument json = JsonDocument.Parse(row);
        return json.RootElement.GetProperty("reading_count").GetInt64();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable worker in _workers)
        {
            await worker.DisposeAsync();
        }

        _producer.Dispose();
        Scratch.Remove(_state);
    }

    private SortedDictionary<string, string> ReadFinalRows()
    {
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (LogRecord record in LogReader.Read(_kafka.BootstrapServers, _topics.Aggregates).SelectMany(partition => partition))
        {
            string row = Encoding.UTF8.GetString(record.Value);
            if (row.Contains("\"is_final\":true", StringComparison.Ordinal))
            {
                string window = WindowOf().Match(row).Value;
                Assert.That(rows.TryAdd(window, WhenAndWhence().Replace(row, "")), Is.True, $"{window} became final twice");
            }
        }

        return rows;
    }

    [GeneratedRegex("^.*?(?=\"window_end\")")]
    private static partial Regex WindowOf();

    // The revision is the offset of the block that moved the watermark, and blocks are cut where commits fell; watermark and processing time are the moment of the row.
    [GeneratedRegex("\"(revision|watermark|processing_time)\":[^,]*,")]
    private static partial Regex WhenAndWhence();
}
