using Confluent.Kafka;

using SmartCity.Tests.Rig;

namespace SmartCity.Tests.Chaos;

/// <summary>
/// Looks twice a second, past the proxies, at how far both stages have committed: to tell how long a killed worker's work stood still, and to say what holds a campaign up. It asks as
/// consumers do: the admin client's question for a group's offsets ends the process when the broker goes away meanwhile (librdkafka #3663, #4605).
/// </summary>
internal sealed class ProgressWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SaidEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Suspicious = TimeSpan.FromSeconds(45);

    private readonly PlatformRig _rig;
    private readonly CampaignLog _log;
    private readonly CancellationTokenSource _closing = new();
    private readonly IConsumer<Ignore, Ignore> _combine;
    private readonly IConsumer<Ignore, Ignore> _windows;
    private readonly IConsumer<Ignore, Ignore> _committedOnly;
    private readonly List<Sample> _samples = [];
    private readonly Dictionary<TopicPartition, (long Stable, TimeSpan Since)> _stable = [];
    private readonly Task _watching;

    public ProgressWatch(PlatformRig rig, CampaignLog log)
    {
        (_rig, _log) = (rig, log);
        _combine = Consumer(rig, rig.ApplicationId, IsolationLevel.ReadUncommitted);
        _windows = Consumer(rig, rig.ApplicationId + "-windows", IsolationLevel.ReadUncommitted);
        _committedOnly = Consumer(rig, rig.ApplicationId + "-watch", IsolationLevel.ReadCommitted);
        _watching = Task.Factory.StartNew(Watch, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>How far each partition's task had committed and where its log ended.</summary>
    private sealed record Sample(TimeSpan At, IReadOnlyDictionary<TopicPartition, (long Committed, long End)> Partitions)
    {
        public long Lag => Partitions.Values.Sum(partition => Math.Max(0, partition.End - partition.Committed));
    }

    /// <summary>True when all readings are combined and committed. (Behind the last block may lie markers of transactions, which nobody commits.)</summary>
    public bool CaughtUp
    {
        get
        {
            lock (_samples)
            {
                return _samples.Count > 0 && _samples[^1] is { Partitions.Count: > 0 } last && last.Partitions.All(
                    partition => partition.Key.Topic != _rig.SensorsTopic || partition.Value.Committed >= partition.Value.End);
            }
        }
    }

    /// <summary>The time from a moment until all that lay in both stages' logs at that moment was committed; null when it never was.</summary>
    public TimeSpan? RecoveryFrom(TimeSpan moment)
    {
        lock (_samples)
        {
            Sample? before = _samples.FirstOrDefault(sample => sample.At >= moment);
            return before is null ? null : _samples.FirstOrDefault(sample => sample.At >= before.At && before.Partitions.All(
                partition => sample.Partitions.TryGetValue(partition.Key, out var now) && now.Committed >= partition.Value.End))?.At - moment;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _watching;
        _combine.Dispose();
        _windows.Dispose();
        _committedOnly.Dispose();
        _closing.Dispose();
    }

    private void Watch()
    {
        TimeSpan said = TimeSpan.Zero;
        while (!_closing.Token.WaitHandle.WaitOne(Interval))
        {
            try
            {
                var sample = new Sample(_log.Elapsed, Look());
                lock (_samples)
                {
                    _samples.Add(sample);
                }

                if (sample.At - said > SaidEvery)
                {
                    said = sample.At;
                    _log.Write($"lag {sample.Lag}" + HeldBack());
                }
            }
            catch (KafkaException)
            {
                // The broker is away, or nothing is there yet.
            }
        }
    }

    private Dictionary<TopicPartition, (long, long)> Look()
    {
        var seen = new Dictionary<TopicPartition, (long, long)>();
        foreach ((IConsumer<Ignore, Ignore> group, string topic) in new[] { (_combine, _rig.SensorsTopic), (_windows, _rig.PartialsTopic) })
        {
            foreach (TopicPartitionOffset committed in group.Committed([.. Partitions(topic)], Patience))
            {
                seen[committed.TopicPartition] = (Math.Max(0, committed.Offset.Value), group.QueryWatermarkOffsets(committed.TopicPartition, Patience).High.Value);
            }
        }

        return seen;
    }

    // A transaction that nobody ends holds back every reader of committed records.
    private string HeldBack()
    {
        var said = new List<string>();
        foreach (TopicPartition partition in Partitions(_rig.PartialsTopic).Concat(Partitions(_rig.AggregatesTopic)))
        {
            long end = _combine.QueryWatermarkOffsets(partition, Patience).High.Value;
            long stable = _committedOnly.QueryWatermarkOffsets(partition, Patience).High.Value;
            if (stable == end)
            {
                _stable.Remove(partition);
            }
            else if (!_stable.TryGetValue(partition, out var known) || known.Stable != stable)
            {
                _stable[partition] = (stable, _log.Elapsed);
            }
            else if (_log.Elapsed - known.Since > Suspicious)
            {
                said.Add($"; {partition} is held back at {stable} of {end} for {(_log.Elapsed - known.Since).TotalSeconds:0} s by an open transaction");
            }
        }

        return string.Concat(said);
    }

    // Both topics have as many partitions as the rig gives the sensors.
    private static IEnumerable<TopicPartition> Partitions(string topic)
        => Enumerable.Range(0, new RigOptions().Partitions).Select(partition => new TopicPartition(topic, partition));

    private static IConsumer<Ignore, Ignore> Consumer(PlatformRig rig, string group, IsolationLevel level)
    {
        // Unless told otherwise it asks anew only after ten minutes who coordinates a group whose coordinator has died.
        var config = new ConsumerConfig
        {
            BootstrapServers = rig.Kafka.BootstrapServers,
            GroupId = group,
            IsolationLevel = level,
            EnableAutoCommit = false,
            ReconnectBackoffMaxMs = 500,
            CoordinatorQueryIntervalMs = 2000,
        };
        return new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
    }
}
