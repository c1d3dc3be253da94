using Confluent.Kafka;

namespace SmartCity.Streams.Sinks;

/// <summary>
/// A sink's consumer group, with a fence: Kafka accepts a commit of any partition from any member of the current generation, so a commit that is still on
/// its way when its partition goes to another member could land on that member's own. Here none outlives the ownership it was made under.
/// </summary>
internal sealed class SinkGroup(IConsumer<Ignore, int> consumer) : ISinkGroup
{
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly HashSet<TopicPartition> _owned = [];
    private bool _closed;

    public Task<IReadOnlyList<long?>> CommittedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken cancellationToken)
        => Task.Run<IReadOnlyList<long?>>(
            () =>
            {
                var committed = consumer.Committed(partitions, QueryTimeout).ToDictionary(c => c.TopicPartition, c => c.Offset);
                return [.. partitions.Select(p => committed.TryGetValue(p, out var offset) && !offset.IsSpecial ? offset.Value : (long?)null)];
            },
            cancellationToken);

    public Task<WatermarkOffsets> WatermarksAsync(TopicPartition partition, CancellationToken cancellationToken)
        => Task.Run(() => consumer.QueryWatermarkOffsets(partition, QueryTimeout), cancellationToken);

    public Task CommitAsync(TopicPartition on, IReadOnlyList<TopicPartitionOffset> offsets, CancellationToken cancellationToken)
        => Task.Run(
            () =>
            {
                lock (_gate)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (_closed || !_owned.Contains(on))
                    {
                        throw new OperationCanceledException($"{on} is not ours any more.");
                    }

                    consumer.Commit(offsets);
                }
            },
            cancellationToken);

    /// <summary>These partitions are ours from now on.</summary>
    public void Own(IEnumerable<TopicPartition> partitions)
    {
        lock (_gate)
        {
            _owned.UnionWith(partitions);
        }
    }

    /// <summary>These are not ours any more. Waits for a commit that has been sent.</summary>
    public void Disown(IEnumerable<TopicPartition> partitions)
    {
        lock (_gate)
        {
            _owned.ExceptWith(partitions);
        }
    }

    /// <summary>Nothing is committed after this.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _owned.Clear();
        }
    }
}
