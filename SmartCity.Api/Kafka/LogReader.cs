using Confluent.Kafka;

using SmartCity.Api.Configuration;

namespace SmartCity.Api.Kafka;

/// <summary>A record of a topic, as it lies there.</summary>
internal sealed record LogRecord(int Partition, long Offset, DateTime? Time, byte[]? Key, byte[]? Value, Headers Headers);

/// <summary>
/// Looks into topics without joining a group: the newest records, the time of a record, what a group has committed. Every look is bounded in records and time, and
/// one is made at a time: a hundred callers cost Kafka no more than one.
/// </summary>
internal sealed class LogReader(ApiSettings settings) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(6);

    /// <summary>How far back from a partition's end its last record is looked for: the mark of a transaction may stand behind it.</summary>
    private const int Tail = 2;

    private readonly SemaphoreSlim _one = new(1);
    private readonly Dictionary<string, IConsumer<byte[], byte[]>> _groups = new(StringComparer.Ordinal);
    private IConsumer<byte[], byte[]>? _consumer;

    /// <summary>The partitions of a topic; empty when there is no such topic.</summary>
    public Task<IReadOnlyList<TopicPartition>> PartitionsAsync(string topic, CancellationToken cancellationToken)
        => LookAsync<IReadOnlyList<TopicPartition>>(
            (consumer, _) =>
            {
                using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
                return admin.GetMetadata(topic, Patience).Topics.Find(one => one.Topic == topic) is { } found && !found.Error.IsError
                    ? [.. found.Partitions.Select(partition => new TopicPartition(topic, partition.PartitionId)).OrderBy(partition => partition.Partition.Value)]
                    : [];
            },
            cancellationToken);

    /// <summary>Where the logs of some partitions begin and end.</summary>
    public Task<Dictionary<TopicPartition, WatermarkOffsets>> BoundsAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken cancellationToken)
        => LookAsync((consumer, _) => partitions.ToDictionary(partition => partition, partition => consumer.QueryWatermarkOffsets(partition, Patience)), cancellationToken);

    /// <summary>
    /// What a group has committed; partitions without a commit are left out. A consumer of the group asks, which never joins it: an admin client that is asked while
    /// a broker goes away or comes back can end the process.
    /// </summary>
    public Task<Dictionary<TopicPartition, long>> CommittedAsync(string group, IEnumerable<TopicPartition> partitions, CancellationToken cancellationToken)
        => LookAsync(
            (_, _) => OfGroup(group).Committed(partitions, Patience).Where(one => one.Offset.Value >= 0).ToDictionary(one => one.TopicPartition, one => one.Offset.Value),
            cancellationToken);

    /// <summary>The time of the first record at or after each position; null for one at the end of its log. Positions that Kafka had no time to show are left out.</summary>
    public Task<Dictionary<TopicPartition, DateTime?>> TimesAsync(IReadOnlyList<TopicPartitionOffset> positions, CancellationToken cancellationToken)
        => LookAsync(
            (_, until) =>
            {
                var times = new Dictionary<TopicPartition, DateTime?>();
                Read(positions, record =>
                {
                    times.TryAdd(record.TopicPartition, record.IsPartitionEOF ? null : record.Message.Timestamp.UtcDateTime);
                    return false;
                }, until);
                return times;
            },
            cancellationToken);

    /// <summary>The time of the last record of each partition, as far as Kafka has had time to show it.</summary>
    public Task<Dictionary<TopicPartition, DateTime>> LastTimesAsync(IReadOnlyDictionary<TopicPartition, WatermarkOffsets> bounds, CancellationToken cancellationToken)
        => LookAsync(
            (_, until) =>
            {
                var times = new Dictionary<TopicPartition, DateTime>();
                Read(Tails(bounds, Tail), record =>
                {
                    if (!record.IsPartitionEOF)
                    {
                        times[record.TopicPartition] = record.Message.Timestamp.UtcDateTime;
                    }

                    return !record.IsPartitionEOF && record.Offset.Value + 1 < bounds[record.TopicPartition].High.Value;
                }, until);
                return times;
            },
            cancellationToken);

    /// <summary>The newest records of a topic that <paramref name="wanted"/> accepts, newest first; no more than <paramref name="depth"/> offsets of a partition are looked at.</summary>
    public async Task<IReadOnlyList<LogRecord>> NewestAsync(
        IReadOnlyList<TopicPartition> partitions, int count, int depth, Func<Headers, bool> wanted, CancellationToken cancellationToken)
    {
        var bounds = await BoundsAsync(partitions, cancellationToken);
        return await LookAsync<IReadOnlyList<LogRecord>>(
            (_, until) =>
            {
                var found = partitions.ToDictionary(partition => partition, _ => new Queue<LogRecord>());
                bool isWhole = Read(Tails(bounds, depth), record =>
                {
                    if (!record.IsPartitionEOF && wanted(record.Message.Headers))
                    {
                        var newest = found[record.TopicPartition];
                        newest.Enqueue(new LogRecord(
                            record.Partition.Value, record.Offset.Value, record.Message.Timestamp.Type == TimestampType.NotAvailable ? null : record.Message.Timestamp.UtcDateTime,
                            record.Message.Key, record.Message.Value, record.Message.Headers));
                        if (newest.Count > count)
                        {
                            newest.Dequeue();
                        }
                    }

                    // What is written meanwhile is for the next look.
                    return !record.IsPartitionEOF && record.Offset.Value + 1 < bounds[record.TopicPartition].High.Value;
                }, until);

                // Reading goes forwards, so what is missing are the newest: better to say so than to tell old ones for new.
                return isWhole
                    ? [.. found.Values.SelectMany(one => one).OrderByDescending(one => one.Time).ThenByDescending(one => one.Offset).ThenBy(one => one.Partition).Take(count)]
                    : throw new KafkaException(new Error(ErrorCode.Local_TimedOut, "Kafka took too long to hand over the newest records."));
            },
            cancellationToken);
    }

    public void Dispose()
    {
        _consumer?.Dispose();
        foreach (var consumer in _groups.Values)
        {
            consumer.Dispose();
        }

        _one.Dispose();
    }

    private static TopicPartitionOffset[] Tails(IReadOnlyDictionary<TopicPartition, WatermarkOffsets> bounds, int length) =>
    [
        .. bounds.Where(one => one.Value.High > one.Value.Low).Select(one => new TopicPartitionOffset(one.Key, Math.Max(one.Value.Low.Value, one.Value.High.Value - length))),
    ];

    /// <summary>Hands over the records of each partition from its position on, and its end, until <paramref name="goOn"/> is false; false when the time ran out first.</summary>
    private bool Read(IReadOnlyCollection<TopicPartitionOffset> from, Func<ConsumeResult<byte[], byte[]>, bool> goOn, CancellationToken until)
    {
        if (from.Count == 0)
        {
            return true;
        }

        // One that was used before may still be handed what it once asked for.
        using var consumer = Build();
        consumer.Assign(from);
        var open = from.Select(one => one.TopicPartition).ToHashSet();
        try
        {
            while (open.Count > 0)
            {
                var result = consumer.Consume(until);
                if (open.Contains(result.TopicPartition) && !goOn(result))
                {
                    open.Remove(result.TopicPartition);
                    consumer.IncrementalUnassign([result.TopicPartition]);
                }
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<T> LookAsync<T>(Func<IConsumer<byte[], byte[]>, CancellationToken, T> look, CancellationToken cancellationToken)
    {
        if (!await _one.WaitAsync(LongestLook, cancellationToken))
        {
            throw new KafkaException(new Error(ErrorCode.Local_TimedOut, "Too many wait for Kafka."));
        }

        try
        {
            // The client's calls block.
            return await Task.Run(
                () =>
                {
                    using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                    until.CancelAfter(Patience);
                    return look(_consumer ??= Build(), until.Token);
                },
                cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    private IConsumer<byte[], byte[]> OfGroup(string group)
    {
        if (!_groups.TryGetValue(group, out var consumer))
        {
            // Not stable offsets: those of a transaction that is being decided would be waited for.
            _groups[group] = consumer = Build(group, IsolationLevel.ReadUncommitted);
        }

        return consumer;
    }

    // Without a handler for errors: those of a consumer that is not polled would pile up.
    private IConsumer<byte[], byte[]> Build(string group = "smart-city-api-look", IsolationLevel isolation = IsolationLevel.ReadCommitted)
        => new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig(settings.Kafka.Onlooker(group, "smart-city-api"))
        {
            IsolationLevel = isolation,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnablePartitionEof = true,
            FetchWaitMaxMs = 50,
            FetchQueueBackoffMs = 1,
            QueuedMaxMessagesKbytes = 4096,
        })
        .SetLogHandler((_, _) => { })
        .Build();
}
