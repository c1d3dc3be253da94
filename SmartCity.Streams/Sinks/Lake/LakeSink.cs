using System.Globalization;

using Confluent.Kafka;

using SmartCity.Domain.Lake;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>
/// Keeps a topic in the lake, every record exactly once. A batch is cut before it is written: the cut goes to the group as two offsets in one commit, the
/// partition's own (where the batch begins) and that of the same partition of the plan topic (where it ends). Whoever owns the partition after a crash reads
/// both, makes the same batch out of the log and writes the same objects over what is there. So batches can end by the clock.
/// </summary>
internal sealed class LakeSink : ISink
{
    private const int ParallelWrites = 4;

    /// <summary>Objects of more records than this are made one at a time: each is in memory as a whole.</summary>
    private const int ManyRows = 50_000;

    private static readonly TimeSpan CutRenewal = TimeSpan.FromHours(1);

    private readonly ILakeContent _content;
    private readonly IObjectStore _store;
    private readonly LakePlan _plan;
    private readonly LakeOptions _options;
    private readonly LakeBudget _budget;
    private readonly LakeMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Dictionary<TopicPartition, LakeBatch> _batches = [];
    private ISinkGroup _group = null!;
    private bool _storeExists;

    public LakeSink(
        ILakeContent content, IObjectStore store, LakePlan plan, LakeOptions options, LakeBudget budget, LakeMetrics metrics, TimeProvider clock, ILogger logger)
    {
        (_content, _store, _plan, _options) = (content, store, plan, options);
        (_budget, _metrics, _clock, _logger) = (budget, metrics, clock, logger);
        Topics = [content.Topic];
    }

    public string Name => _content.Name;

    public IReadOnlyList<string> Topics { get; }

    public bool IsOutage(Exception error) => error is LakeUnavailableException;

    public async Task<IReadOnlyList<TopicPartitionOffset>> OpenAsync(IReadOnlyList<TopicPartition> partitions, ISinkGroup group, CancellationToken cancellationToken)
    {
        _group = group;
        if (!_storeExists)
        {
            if (await _store.EnsureExistsAsync(cancellationToken))
            {
                LakeLog.Made(_logger, _store.Description);
            }

            _storeExists = true;
        }

        await _plan.EnsureAsync(_content.Topic, cancellationToken);
        var committed = await group.CommittedAsync([.. partitions, .. partitions.Select(_plan.Of)], cancellationToken);
        var starts = new TopicPartitionOffset[partitions.Count];
        for (var i = 0; i < starts.Length; i++)
        {
            starts[i] = await OpenAsync(partitions[i], committed[i], committed[i + partitions.Count], cancellationToken);
        }

        return starts;
    }

    public SinkTake Take(in SinkRecord record)
    {
        if (!_batches.TryGetValue(record.Partition, out var batch))
        {
            batch = new LakeBatch(record.Partition, record.Offset, cutAt: null, _clock.GetTimestamp(), _content.NewRows(record.Partition.Partition));
            _batches.Add(record.Partition, batch);
        }

        if (record.Offset >= batch.CutAt)
        {
            // It belongs to the next batch. (Of a cut that is to be repeated, the last records are no longer in the log.)
            batch.IsComplete = true;
            return SinkTake.Refused;
        }

        var bytes = batch.Rows.Bytes;
        batch.Rows.Add(record);
        _budget.Take(batch.Rows.Bytes - bytes);
        if (batch.CutAt is { } end)
        {
            batch.IsComplete = record.Offset + 1 == end;
            return batch.IsComplete ? SinkTake.TakenAndFull : SinkTake.Taken;
        }

        batch.End = record.Offset + 1;
        return _budget.IsExceeded ? SinkTake.TakenAndFull : SinkTake.Taken;
    }

    public SinkWork? Due(bool everything)
    {
        List<LakeBatch>? due = null;
        foreach (var batch in _batches.Values)
        {
            if (IsDue(batch, everything))
            {
                (due ??= []).Add(batch);
            }
        }

        if (due is null)
        {
            return null;
        }

        var rows = due.Sum(b => (long)b.Rows.Count);
        return new SinkWork([.. due.Select(b => b.Partition)], async ct =>
        {
            await FinishAsync(due, ct);
            return new SinkOutcome(rows);
        });
    }

    public void Close(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            if (_batches.TryGetValue(partition, out var batch))
            {
                Remove(batch);
            }
        }
    }

    private bool IsDue(LakeBatch batch, bool everything)
        => batch.CutAt is not null
            ? batch.IsComplete
            : everything || _budget.IsExceeded || _clock.GetElapsedTime(batch.StartedAt) >= _options.FlushInterval;

    private async Task<TopicPartitionOffset> OpenAsync(TopicPartition partition, long? first, long? end, CancellationToken cancellationToken)
    {
        if (first is null)
        {
            return new TopicPartitionOffset(partition, Offset.Beginning);
        }

        if (end > first)
        {
            var low = (await _group.WatermarksAsync(partition, cancellationToken)).Low.Value;
            if (low < end)
            {
                _batches[partition] = new LakeBatch(partition, first.Value, end, _clock.GetTimestamp(), _content.NewRows(partition.Partition)) { IsTruncated = low > first };
                LakeLog.Repeats(_logger, Name, Named(partition), first.Value, end.Value);
            }
        }

        return new TopicPartitionOffset(partition, first.Value);
    }

    private async Task FinishAsync(List<LakeBatch> due, CancellationToken cancellationToken)
    {
        foreach (var batch in due)
        {
            // A repeated work finds the batches that it has finished before gone.
            if (_batches.TryGetValue(batch.Partition, out var current) && ReferenceEquals(current, batch))
            {
                await FinishAsync(batch, cancellationToken);
                Remove(batch);
            }
        }
    }

    private async Task FinishAsync(LakeBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Rows.Count > 0)
        {
            // Brokers forget the offset of a topic that a group does not subscribe to after some days: in a long outage the cut is committed again.
            if (batch.CutAt is null || _clock.GetElapsedTime(batch.CutAtTime) > CutRenewal)
            {
                await CommitAsync(batch.Partition, batch.First, batch.End, cancellationToken);
                batch.CutAtTime = _clock.GetTimestamp();
                batch.Cut();
            }

            await WriteAsync(batch, cancellationToken);
        }

        await CommitAsync(batch.Partition, batch.End, batch.End, cancellationToken);
        LakeLog.Wrote(_logger, Name, Named(batch.Partition), batch.First, batch.End, batch.Rows.Count);
    }

    private Task CommitAsync(TopicPartition partition, long first, long end, CancellationToken cancellationToken)
        => _group.CommitAsync(partition, [new(partition, first), new(_plan.Of(partition), end)], cancellationToken);

    private async Task WriteAsync(LakeBatch batch, CancellationToken cancellationToken)
    {
        using var large = new SemaphoreSlim(1);
        var options = new ParallelOptions { MaxDegreeOfParallelism = ParallelWrites, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(batch.Rows.Drafts(batch.First), options, async (draft, ct) =>
        {
            if (batch.HasWritten(draft.Key) || (batch.IsTruncated && await _store.HeadAsync(draft.Key, ct) is not null))
            {
                return;
            }

            if (draft.Rows <= ManyRows)
            {
                await WriteAsync(batch, draft, ct);
                return;
            }

            await large.WaitAsync(ct);
            try
            {
                await WriteAsync(batch, draft, ct);
            }
            finally
            {
                large.Release();
            }
        });
    }

    private async Task WriteAsync(LakeBatch batch, LakeDraft draft, CancellationToken cancellationToken)
    {
        var content = await draft.MakeAsync(cancellationToken);
        await _store.PutAsync(draft.Key, content, draft.ContentType, cancellationToken);
        batch.Wrote(draft.Key);
        _metrics.Wrote(Name, content.Length);
    }

    private static string Named(TopicPartition partition) => string.Create(CultureInfo.InvariantCulture, $"{partition.Topic}-{partition.Partition.Value}");

    private void Remove(LakeBatch batch)
    {
        _batches.Remove(batch.Partition);
        _budget.Release(batch.Rows.Bytes);
    }
}
