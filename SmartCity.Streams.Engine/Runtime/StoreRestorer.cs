using System.Diagnostics;
using Confluent.Kafka;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>
/// Fills stores from their changelog, a slice at a time between two polls of its thread, so that the thread stays a member of its group and its other
/// tasks go on.
/// </summary>
internal sealed class StoreRestorer(ThreadContext context, string threadName, KafkaRefusals refusals)
{
    private const int BatchRecords = 1000;
    private static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<int, Restore> _active = [];
    private readonly List<WindowSlot> _finished = [];
    private IConsumer<byte[], byte[]>? _consumer;

    public bool IsBusy => _active.Count > 0;

    /// <summary>Begins to restore from changelog offset <paramref name="from"/> until the log was read to <paramref name="target"/>.</summary>
    public void Begin(WindowSlot slot, long from, long target)
    {
        _consumer ??= context.Clients.RestoreConsumer(threadName);
        slot.RestoreRemaining = target - from;
        _active[slot.Partition.Partition.Value] = new Restore(slot, slot.Generation, target);
        _consumer.IncrementalAssign([new TopicPartitionOffset(context.Cluster.Topics.Changelog, slot.Partition.Partition, from)]);
        Log.Restoring(context.Log, threadName, slot.Partition, from, target);
    }

    /// <summary>Restores for a moment. Returns the slots that are done, or whose store turned out to be unfit.</summary>
    public IReadOnlyList<WindowSlot> Advance(IEnumerable<WindowSlot> owned)
    {
        _finished.Clear();
        if (_active.Count == 0)
        {
            return _finished;
        }

        foreach (var gone in _active.Values.Where(r => r.Slot.Generation != r.Generation || r.Slot.State != SlotState.Restoring || !owned.Contains(r.Slot)).ToList())
        {
            Unassign(gone);
        }

        var started = Stopwatch.GetTimestamp();
        while (_active.Count > 0 && Stopwatch.GetElapsedTime(started) < s_slice)
        {
            ConsumeResult<byte[], byte[]>? record;
            try
            {
                record = _consumer!.Consume(5);
            }
            catch (ConsumeException e)
            {
                OnError(e);
                continue;
            }

            if (record is null)
            {
                break;
            }

            if (_active.TryGetValue(record.Partition.Value, out var restore))
            {
                Take(restore, record);
            }
        }

        if (_active.Count == 0)
        {
            Close();
        }

        return _finished;
    }

    public void Close()
    {
        _consumer?.Dispose();
        _consumer = null;
        _active.Clear();
    }

    private void Take(Restore restore, ConsumeResult<byte[], byte[]> record)
    {
        var offset = record.Offset.Value;
        var slot = restore.Slot;
        if (!record.IsPartitionEOF)
        {
            restore.Records.Add((record.Message.Key, record.Message.Value));
            restore.Count++;
            restore.Next = offset + 1;
            if (restore.Records.Count >= BatchRecords)
            {
                Apply(restore);
            }

            return;
        }

        // The position passes the marker of the last transaction, so the end that was asked for is always reached.
        restore.Next = offset;
        if (offset >= restore.Target)
        {
            Apply(restore);
            slot.RestoreRemaining = 0;
            Unassign(restore);
            _finished.Add(slot);
            Log.Restored(context.Log, threadName, slot.Partition, restore.Count);
        }
    }

    private static void Apply(Restore restore)
    {
        restore.Slot.Task!.Restore(restore.Records, restore.Next);
        restore.Slot.RestoreRemaining = Math.Max(0, restore.Target - restore.Next);
        restore.Records.Clear();
    }

    private void OnError(ConsumeException e)
    {
        var partition = e.ConsumerRecord?.Partition.Value ?? -1;
        if (e.Error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange && _active.TryGetValue(partition, out var restore))
        {
            restore.Slot.Unfit = $"its changelog offset is not there any more ({e.Error.Reason})";
            Unassign(restore);
            _finished.Add(restore.Slot);
            return;
        }

        if (e.Error.IsFatal)
        {
            throw new StreamsException($"A store of {threadName} could not be restored: {e.Error.Reason} ({e.Error.Code}). Restart the worker.", e);
        }

        refusals.ThrowIfHopeless(e.Error, null);
        Log.ConsumeProblem(context.Log, threadName, e.Error.Code, e.Error.Reason);
    }

    private void Unassign(Restore restore)
    {
        _active.Remove(restore.Slot.Partition.Partition.Value);
        _consumer!.IncrementalUnassign([new TopicPartition(context.Cluster.Topics.Changelog, restore.Slot.Partition.Partition)]);
    }

    private sealed class Restore(WindowSlot slot, int generation, long target)
    {
        public WindowSlot Slot => slot;

        public int Generation => generation;

        public long Target => target;

        public List<(byte[] Key, byte[]? Value)> Records { get; } = [];

        public long Next { get; set; }

        public long Count { get; set; }
    }
}
