using System.Collections.Concurrent;
using System.Text;

using Confluent.Kafka;

using SmartCity.Streams.Sinks;

namespace SmartCity.Tests.Sinks;

/// <summary>A sink that keeps values in memory: held first, safe after a work, which a test can hold up or make fail.</summary>
internal sealed class MemorySink(string topic, ConcurrentQueue<string> safe) : ISink
{
    private readonly Dictionary<TopicPartition, List<string>> _held = [];
    private ISinkGroup _group = null!;
    private Dictionary<TopicPartition, long> _next = [];

    public string Name => "memory";

    public IReadOnlyList<string> Topics => [topic];

    /// <summary>Records in one work at most; the one after is refused.</summary>
    public int Capacity { get; init; } = int.MaxValue;

    /// <summary>True to make each record safe at once; otherwise only a stop does.</summary>
    public bool Eager { get; init; } = true;

    /// <summary>Stands before each work.</summary>
    public Func<CancellationToken, Task> BeforeWork { get; set; } = _ => Task.CompletedTask;

    /// <summary>Where every partition starts; null for where its group has committed.</summary>
    public Offset? Start { get; init; }

    public Func<Task> BeforeOpen { get; set; } = () => Task.CompletedTask;

    public int Opened { get; private set; }

    public int Closed { get; private set; }

    public int Refusals { get; private set; }

    public async Task<IReadOnlyList<TopicPartitionOffset>> OpenAsync(IReadOnlyList<TopicPartition> partitions, ISinkGroup group, CancellationToken cancellationToken)
    {
        await BeforeOpen();
        _group = group;
        var committed = await group.CommittedAsync(partitions, cancellationToken);
        Opened += partitions.Count;
        return [.. partitions.Zip(committed, (p, offset) => new TopicPartitionOffset(p, Start ?? (offset is { } o ? new Offset(o) : Offset.Beginning)))];
    }

    public SinkTake Take(in SinkRecord record)
    {
        if (!_held.TryGetValue(record.Partition, out var held))
        {
            _held[record.Partition] = held = [];
        }

        if (held.Count == Capacity)
        {
            Refusals++;
            return SinkTake.Refused;
        }

        held.Add(Encoding.UTF8.GetString(record.Value));
        _next[record.Partition] = record.Offset + 1;
        return Eager ? SinkTake.TakenAndFull : SinkTake.Taken;
    }

    public SinkWork? Due(bool everything)
    {
        var full = _held.Where(h => h.Value.Count > 0 && (Eager || everything || h.Value.Count == Capacity)).Select(h => h.Key).ToArray();
        return full.Length == 0 ? null : new SinkWork(full, ct => MakeSafeAsync(full, ct));
    }

    public void Close(IReadOnlyList<TopicPartition> partitions)
    {
        Closed += partitions.Count;
        foreach (var partition in partitions)
        {
            _held.Remove(partition);
        }
    }

    private async Task<SinkOutcome> MakeSafeAsync(TopicPartition[] partitions, CancellationToken cancellationToken)
    {
        await BeforeWork(cancellationToken);
        var rows = 0;
        foreach (var partition in partitions)
        {
            await _group.CommitAsync(partition, [new(partition, _next[partition])], cancellationToken);
            foreach (var value in _held[partition])
            {
                safe.Enqueue(value);
                rows++;
            }

            _held[partition].Clear();
        }

        return new SinkOutcome(rows);
    }
}
