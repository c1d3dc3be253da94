using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.State;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Testing;

/// <summary>
/// Runs a topology in memory, without Kafka, on the very tasks that a worker runs: pipe records in, commit, read what came out. It also plays crashes. Not thread-safe.
/// </summary>
/// <example><code>
/// using var driver = new TopologyTestDriver(builder.Build());
/// driver.Pipe("words", null, "to be or not to be"u8.ToArray(), timestampMs: 0);
/// driver.Commit();
/// var rows = driver.Read("counts");
/// </code></example>
public sealed class TopologyTestDriver : IDisposable
{
    private const string Partials = "test-partials";
    private const string Changelog = "test-changelog";

    private readonly Topology _topology;
    private readonly TestDriverOptions _options;
    private readonly ManualClock _clock;
    private readonly TestLog _log;
    private readonly ulong _fingerprint;
    private readonly List<InputSlot> _inputs = [];
    private readonly List<WindowSlot> _windows = [];

    /// <summary>Starts the topology on empty topics.</summary>
    public TopologyTestDriver(Topology topology, TestDriverOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(topology);
        _topology = topology;
        _options = options ?? new TestDriverOptions();
        _clock = new ManualClock(_options.WallClock);
        _log = new TestLog(topic => topic is Partials or Changelog ? _options.RepartitionPartitions : _topology.SourceTopics.Contains(topic) ? _options.InputPartitions : 1);
        var partitions = topology.SourceTopics.SelectMany(topic => Enumerable.Range(0, _options.InputPartitions).Select(partition => (topic, partition))).ToList();
        _fingerprint = topology.Fingerprint(partitions.Count, _options.RepartitionPartitions, topology.SourceTopics);
        foreach (var (topic, partition) in partitions)
        {
            _inputs.Add(new InputSlot(topology.CreateCombineTask(
                new CombineTaskContext(new InputPartition(topic, partition, _inputs.Count), Partials, _options.RepartitionPartitions, _fingerprint, _options.Epoch, _log, _clock))));
        }

        for (var partition = 0; topology.StoreName is not null && partition < _options.RepartitionPartitions; partition++)
        {
            _windows.Add(new WindowSlot(partition, NewWindowTask(partition)));
        }
    }

    /// <summary>The wall clock; it moves only by <see cref="AdvanceWallClock"/>.</summary>
    public DateTimeOffset WallClock => _clock.GetUtcNow();

    /// <summary>Records read so far (what a crash made the topology read again counts again).</summary>
    public long Records => _inputs.Sum(input => input.Task.Counters.Records);

    /// <summary>Records that counted in no window any more.</summary>
    public long LateRecords => _inputs.Sum(input => input.Task.Counters.Late);

    /// <summary>Records that were rejected, by reason.</summary>
    public IReadOnlyDictionary<string, long> Rejected => _inputs
        .SelectMany(input => input.Task.Counters.DeadLetteredByReason)
        .GroupBy(pair => pair.Key)
        .ToDictionary(group => group.Key, group => group.Sum(pair => pair.Value));

    /// <summary>Partials that arrived for windows already final; anything but 0 is a bug of the engine.</summary>
    public long PartialsForFinalWindows => _windows.Sum(window => window.Task.Counters.PartialsForFinalWindows);

    /// <summary>The smallest watermark of all window tasks, Unix milliseconds; null while there is none.</summary>
    public long? WatermarkMs => _windows.Count == 0 || _windows.Min(window => window.Task.WatermarkMs) is CombineTask.NoStreamTime ? null : _windows.Min(window => window.Task.WatermarkMs);

    /// <summary>Appends a record to a source topic and processes it. Without a partition the murmur2 hash of the key decides (no key: partition 0).</summary>
    public void Pipe(string topic, byte[]? key, byte[]? value, long timestampMs, int? partition = null)
    {
        var input = InputOf(topic, partition ?? (key is null ? 0 : Murmur2.Partition(key, _options.InputPartitions)));
        _log.Of(topic, input.Task.Input.Partition).Add(new TestLog.Entry(key, value, timestampMs, new Dictionary<string, string>()));
        ReadInput(input);
    }

    /// <summary>Commits every combine task, lets the window tasks take what was sent, emits what changed, and commits that.</summary>
    public void Commit()
    {
        foreach (var input in _inputs)
        {
            CommitInput(input);
        }

        foreach (var window in _windows)
        {
            CommitWindow(window);
        }
    }

    /// <summary>Moves the wall clock forward.</summary>
    public void AdvanceWallClock(TimeSpan by) => _clock.Advance(by);

    /// <summary>Does what the owner of a silent partition does: raises its stream time; takes effect with the next <see cref="Commit"/>.</summary>
    public void RaiseStreamTime(string topic, int partition, long streamTimeMs) => InputOf(topic, partition).Task.Raise(streamTimeMs);

    /// <summary>Kills every task with its transaction, memory and disk, and starts them again from what is committed.</summary>
    public void Crash()
    {
        _log.Abort();
        foreach (var input in _inputs)
        {
            input.Task.Initialize(input.CommittedOffset, input.CommittedStreamTimeMs, input.CommittedIsRaised);
            ReadInput(input);
        }

        foreach (var window in _windows)
        {
            window.Task.Dispose();
            window.Task = NewWindowTask(window.Partition);
        }
    }

    /// <summary>What was committed to a topic since this was last asked.</summary>
    public IReadOnlyList<TestRecord> Read(string topic) => _log.ReadNew(topic);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var window in _windows)
        {
            window.Task.Dispose();
        }
    }

    private InputSlot InputOf(string topic, int partition) =>
        _inputs.Find(input => input.Task.Input.Topic == topic && input.Task.Input.Partition == partition)
        ?? throw new ArgumentException($"The topology reads no partition {partition} of topic {topic}.", nameof(topic));

    private void ReadInput(InputSlot input)
    {
        var (topic, partition, _) = input.Task.Input;
        var log = _log.Of(topic, partition);
        while (input.Task.NextOffset < log.Count)
        {
            var offset = (int)input.Task.NextOffset;
            var entry = log[offset];
            input.Task.Process(new RawRecord(topic, partition, offset, entry.TimestampMs, entry.Key, entry.Value, entry.Key is not null, entry.Value is not null));
        }
    }

    private void CommitInput(InputSlot input)
    {
        if (!input.Task.HasUncommitted)
        {
            return;
        }

        input.Task.PrepareCommit();
        _log.Commit();
        input.CommittedOffset = input.Task.NextOffset;
        (input.CommittedStreamTimeMs, input.CommittedIsRaised) = (input.Task.StreamTimeMs, input.Task.IsRaised);
        input.Task.MarkCommitted();
    }

    private void CommitWindow(WindowSlot window)
    {
        var blocks = _log.Of(Partials, window.Partition);
        for (; window.CommittedOffset < blocks.Count; window.CommittedOffset++)
        {
            window.Task.Process(new RawRecord(Partials, window.Partition, window.CommittedOffset, 0, default, blocks[window.CommittedOffset].Value, hasKey: false));
        }

        while (window.Task.EmitDue)
        {
            window.Task.Emit();
        }

        if (window.Task.HasUncommitted)
        {
            window.Task.PrepareCommit();
            _log.Commit();
            window.Task.MarkCommitted(_log.Of(Changelog, window.Partition).Count);
        }
    }

    private WindowTask NewWindowTask(int partition)
    {
        var task = _topology.CreateWindowTask(new WindowTaskContext(
            partition, Changelog, _inputs.Count, _fingerprint, _options.Epoch, AtLeastOnce: false, TimeSpan.Zero, new InMemoryStore(), _log, _clock)
        { Tasks = _options.RepartitionPartitions });
        var changelog = _log.Of(Changelog, partition);
        task.Restore([.. changelog.Select(entry => (entry.Key!, entry.Value))], changelog.Count);
        task.StartProcessing();
        return task;
    }

    private sealed class InputSlot(CombineTask task)
    {
        public CombineTask Task { get; } = task;

        public long CommittedOffset { get; set; }

        public long CommittedStreamTimeMs { get; set; } = CombineTask.NoStreamTime;

        public bool CommittedIsRaised { get; set; }
    }

    private sealed class WindowSlot(int partition, WindowTask task)
    {
        public int Partition { get; } = partition;

        public WindowTask Task { get; set; } = task;

        public int CommittedOffset { get; set; }
    }

    private sealed class ManualClock(DateTimeOffset start) : TimeProvider
    {
        private DateTimeOffset _now = start;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _now.UtcTicks;

        public void Advance(TimeSpan by) => _now += by;
    }
}
