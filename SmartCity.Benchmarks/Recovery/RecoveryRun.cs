using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;

using Confluent.Kafka;
using Confluent.Kafka.Admin;

using SmartCity.Benchmarks.Drain;
using SmartCity.Domain;
using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Benchmarks.Recovery;

/// <summary>
/// How long the others take to go on after a worker's SIGKILL: from the kill until every partition it had moves again. An input partition moves when its offset is
/// committed further; a window partition when committed readers see a row that was sent after the kill. Workers are processes, killed in turn under load, and
/// started again when the others have gone on. It makes topics of its own on that broker.
/// </summary>
internal sealed class RecoveryRun : IDisposable
{
    private const int Partitions = 6;
    private const int Cities = 60;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan GivenUpAfter = TimeSpan.FromMinutes(2);

    private readonly Options _options;
    private readonly string _prefix = $"recovery-{Guid.NewGuid():N}"[..17] + ".";
    private readonly string _state = Directory.CreateTempSubdirectory("smartcity-recovery-").FullName;
    private readonly TopicNames _topics;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();

    /// <summary>When the newest row of each window partition was sent, and when that was seen.</summary>
    private readonly Dictionary<int, (DateTime Sent, long Seen)> _rows = [];

    private RecoveryRun(Options options) => (_options, _topics) = (options, TopicNames.WithPrefix(_prefix));

    private string Application => _prefix + "app";

    public static async Task RunAsync(Options options)
    {
        using var run = new RecoveryRun(options);
        await run.RunAsync();
    }

    public void Dispose()
    {
        _end.Dispose();
        Directory.Delete(_state, recursive: true);
    }

    private async Task RunAsync()
    {
        int kills = _options.Whole("kills", 12);
        int count = _options.Whole("workers", 3);
        int session = _options.Whole("session", 10);
        int rate = _options.Whole("rate", 2_000);
        await CreateTopicsAsync();
        var workers = new List<MemberProcess>();
        var background = new List<Task>();
        try
        {
            for (int n = 0; n < count; n++)
            {
                workers.Add(Start(n, session));
            }

            await SettledAsync(workers);
            background.Add(Task.Factory.StartNew(() => Produce(rate), TaskCreationOptions.LongRunning));
            background.Add(Task.Factory.StartNew(ReadRows, TaskCreationOptions.LongRunning));
            await UntilAsync(() => RowsOf(Enumerable.Range(0, Partitions)).Count == Partitions, "rows of every partition");
            var took = new List<TimeSpan>();
            for (int kill = 0; kill < kills; kill++)
            {
                // At another moment of the others' commits and heartbeats each time.
                await Task.Delay(TimeSpan.FromMilliseconds(1_000 + (kill * 137)));
                took.Add(await KillAsync(workers, kill, session));
                await SettledAsync(workers);
            }

            took.Sort();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{kills} kills of one of {count} workers under {rate} readings/s, session time-out {session} s: median {took[took.Count / 2].TotalSeconds:0.0} s, longest {took[^1].TotalSeconds:0.0} s; promised are {session + 5} s"));
        }
        finally
        {
            await _end.CancelAsync();
            workers.ForEach(worker => worker.Dispose());
            await Task.WhenAll(background);
        }
    }

    private async Task<TimeSpan> KillAsync(List<MemberProcess> workers, int kill, int session)
    {
        int seat = kill % workers.Count;
        MemberProcess victim = workers[seat];
        var inputs = victim.Owned("combine");
        var windows = victim.Owned("windows");
        using IConsumer<Ignore, Ignore> group = Consumer(Application, IsolationLevel.ReadUncommitted).Build();
        long start = Stopwatch.GetTimestamp();
        DateTime at = TimeProvider.System.GetUtcNow().UtcDateTime;
        victim.Kill();
        var committed = Committed(group, inputs);
        TimeSpan? input = inputs.Count == 0 ? TimeSpan.Zero : null;
        TimeSpan? rows = windows.Count == 0 ? TimeSpan.Zero : null;
        while ((input is null || rows is null) && Stopwatch.GetElapsedTime(start) < GivenUpAfter)
        {
            await Task.Delay(50);
            if (input is null && Committed(group, inputs) is var now && inputs.All(one => now[one] > committed[one]))
            {
                input = Stopwatch.GetElapsedTime(start);
            }

            if (rows is null && RowsOf(windows) is var seen && seen.Count == windows.Count && seen.All(row => row.Sent > at))
            {
                rows = Stopwatch.GetElapsedTime(start);
            }
        }

        if (input is null || rows is null)
        {
            throw new InvalidOperationException($"kill {kill + 1}: {inputs.Count} input and {windows.Count} window partitions stood still for {GivenUpAfter.TotalSeconds:0} s");
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"kill {kill + 1}: worker {seat} had {inputs.Count} input and {windows.Count} window partitions; offsets move after {input.Value.TotalSeconds:0.0} s, rows after {rows.Value.TotalSeconds:0.0} s"));
        workers[seat] = Start(seat, session);
        victim.Dispose();
        return input > rows ? input.Value : rows.Value;
    }

    private MemberProcess Start(int seat, int session)
    {
        var info = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        string[] arguments =
        [
            "restore-worker", "--bootstrap-servers", _options.BootstrapServers, "--prefix", _prefix, "--state", Path.Combine(_state, $"{seat}"), "--threads", "1",
            "--partitions", $"{Partitions}", "--session", $"{session}", "--transaction", _options.Text("transaction", "10"),
        ];
        Array.ForEach(arguments, info.ArgumentList.Add);
        return new MemberProcess(Process.Start(info)!);
    }

    /// <summary>Every partition of both stages has one owner, and none of them restores.</summary>
    private static Task SettledAsync(List<MemberProcess> workers) => UntilAsync(
        () => workers.TrueForAll(worker => worker.IsRunning)
            && workers.Sum(worker => worker.Owned("combine").Count) == Partitions && workers.Sum(worker => worker.Owned("windows").Count) == Partitions,
        "every partition has one owner");

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > GivenUpAfter)
            {
                throw new TimeoutException($"Waited in vain: {what}");
            }

            await Task.Delay(50);
        }
    }

    private async Task CreateTopicsAsync()
    {
        using IAdminClient admin = _options.Admin();
        string[] names = [_topics.Sensors, _topics.Aggregates, _topics.DeadLetters, _topics.Late, _topics.SensorStatus, _topics.Quality];
        await admin.CreateTopicsAsync(names.Select(name => new TopicSpecification { Name = name, NumPartitions = Partitions, ReplicationFactor = -1 }));
    }

    private void Produce(int rate)
    {
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(
            new ProducerConfig { BootstrapServers = _options.BootstrapServers, EnableIdempotence = true, LingerMs = 20 }).Build();
        long start = Stopwatch.GetTimestamp();
        for (long sent = 0; !_end.Token.WaitHandle.WaitOne(10);)
        {
            string time = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            for (long due = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * rate); sent < due; sent++)
            {
                string reading = string.Create(
                    CultureInfo.InvariantCulture,
                    $$$"""{"sensor_id":"S-{{{sent % 5_000}}}","sensor_type":"weather","city":"City {{{sent % Cities}}}","timestamp":"{{{time}}}","metrics":{"temperature":{{{sent % 40}}}.5}}""");
                producer.Produce(new TopicPartition(_topics.Sensors, (int)(sent / 7 % Partitions)), new Message<Null, byte[]> { Value = Encoding.UTF8.GetBytes(reading) });
            }
        }
    }

    private void ReadRows()
    {
        using IConsumer<string, Ignore> consumer = new ConsumerBuilder<string, Ignore>(Settings(_prefix + "rows", IsolationLevel.ReadCommitted)).Build();
        consumer.Assign(Enumerable.Range(0, Partitions).Select(partition => new TopicPartitionOffset(_topics.Aggregates, partition, Offset.Beginning)));
        while (!_end.IsCancellationRequested)
        {
            if (consumer.Consume(100) is { } row)
            {
                int partition = PartitionOf(row.Message.Key.Split('|')[1]);
                lock (_gate)
                {
                    _rows[partition] = (row.Message.Timestamp.UtcDateTime, Stopwatch.GetTimestamp());
                }
            }
        }
    }

    private List<(DateTime Sent, long Seen)> RowsOf(IEnumerable<int> partitions)
    {
        lock (_gate)
        {
            return [.. partitions.Where(_rows.ContainsKey).Select(partition => _rows[partition])];
        }
    }

    /// <summary>Where the shuffle sends a city.</summary>
    private static int PartitionOf(string city)
    {
        var bytes = new ArrayBufferWriter<byte>();
        GroupKeySerde.WriteCity(new GroupKey(SensorType.Weather, city, ""), bytes);
        return Murmur2.Partition(bytes.WrittenSpan, Partitions);
    }

    private Dictionary<int, long> Committed(IConsumer<Ignore, Ignore> group, IReadOnlyList<int> partitions)
        => partitions.Count == 0
            ? []
            : group.Committed(partitions.Select(partition => new TopicPartition(_topics.Sensors, partition)), Patience).ToDictionary(one => one.Partition.Value, one => one.Offset.Value);

    private ConsumerBuilder<Ignore, Ignore> Consumer(string group, IsolationLevel level) => new(Settings(group, level));

    private ConsumerConfig Settings(string group, IsolationLevel level)
        => new() { BootstrapServers = _options.BootstrapServers, GroupId = group, IsolationLevel = level, EnableAutoCommit = false, FetchWaitMaxMs = 20 };
}
