using Confluent.Kafka;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>Runs sub-topology 0 on the input partitions that the group <c>APP</c> gives it.</summary>
internal sealed class CombineThread : StreamThread<CombineSlot>
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    private readonly SilenceWatch _silence;

    public CombineThread(ThreadContext context, int index)
        : base(context, "combine", index, context.Config.ApplicationId, context.Topology.SourceTopics, context.Cluster.Inputs.Count)
    {
        _silence = new SilenceWatch(context, Consumer);
    }

    protected override int IndexOf(string? topic, int partition) => topic is null ? partition : Context.Cluster.IndexOf(topic, partition);

    protected override CombineSlot CreateSlot(TopicPartition partition)
    {
        var cluster = Context.Cluster;
        var input = cluster.Inputs[cluster.IndexOf(partition.Topic, partition.Partition.Value)];
        var task = Context.Topology.CreateCombineTask(new CombineTaskContext(
            input, cluster.Topics.Partials, cluster.RepartitionPartitions, cluster.Fingerprint, cluster.Epoch, Output, Clock));
        return new CombineSlot(partition, task, cluster, Context.Metrics.Input(input));
    }

    protected override IReadOnlyDictionary<CombineSlot, LoadedPosition> Load(IReadOnlyList<CombineSlot> slots)
    {
        // One request for both, so that they are of the same commit; it waits for transactions that are still being decided.
        var streamTime = Context.Cluster.Topics.StreamTime;
        var asked = slots.Select(s => s.Partition).Concat(slots.Select(s => new TopicPartition(streamTime, s.Task.Input.Index))).ToList();
        var committed = Consumer.Committed(asked, s_timeout).ToDictionary(o => o.TopicPartition, o => o.Offset);
        var begins = Context.Bounds.Ask(slots.Select(s => s.Partition).Where(p => committed[p] == Offset.Unset).ToList());
        return slots.ToDictionary(s => s, s =>
        {
            var offset = committed[s.Partition];
            var time = committed[new TopicPartition(streamTime, s.Task.Input.Index)];
            if (offset != Offset.Unset && time == Offset.Unset)
            {
                throw new StreamsException(
                    $"{s.Partition} has a committed offset and no stream time: somebody moved the offsets of group {Context.Config.ApplicationId}, or the stream time "
                    + $"expired. Which readings are late cannot be told any more: reset the application {Context.Config.ApplicationId}.");
            }

            return new LoadedPosition(
                offset == Offset.Unset ? begins[s.Partition].Low.Value : offset.Value, offset != Offset.Unset,
                time == Offset.Unset ? CombineTask.NoStreamTime : InternalTopics.FromOffset(time.Value), IsRaised: time != Offset.Unset && InternalTopics.IsRaised(time.Value));
        });
    }

    protected override bool OnLoaded(CombineSlot slot, LoadedPosition position)
    {
        slot.Task.Initialize(position.Offset, position.StreamTimeMs, position.IsRaised);
        slot.AtEnd = false;
        slot.NoteActivity(Clock.GetTimestamp());
        Publish(slot);
        return true;
    }

    protected override void Process(CombineSlot slot, in RawRecord record)
    {
        slot.Task.Process(record);
        slot.AtEnd = false;
        slot.Touched = true;
    }

    protected override void OnEnd(CombineSlot slot)
    {
        slot.Task.AdvancePosition(slot.Position);
        slot.AtEnd = true;
    }

    protected override bool Work()
    {
        var now = Clock.GetTimestamp();
        foreach (var slot in Slots)
        {
            if (slot.Touched)
            {
                slot.NoteActivity(now);
            }
        }

        if (_silence.TakeDue(Slots) is { Count: > 0 } raises)
        {
            foreach (var raise in raises)
            {
                _silence.Apply(raise, Output);
            }

            CommitNow();
        }

        return false;
    }

    protected override void Tick()
    {
        _silence.Look(Slots);
        foreach (var slot in Slots)
        {
            Publish(slot);
        }
    }

    protected override void DisposeOwn() => _silence.Close();

    private void Publish(CombineSlot slot)
    {
        var task = slot.Task;
        long? lag = null;
        if (slot.State == SlotState.Running)
        {
            var ends = Consumer.GetWatermarkOffsets(slot.Partition);
            lag = ends.High == Offset.Unset ? null : Math.Max(0, ends.High.Value - slot.Position);
        }

        slot.Meter.Publish(task.Counters, counts => new InputTaskStatus(
            slot.Partition.Topic, slot.Partition.Partition.Value, task.NextOffset, lag,
            task.StreamTimeMs == CombineTask.NoStreamTime ? null : DateTimeOffset.FromUnixTimeMilliseconds(task.StreamTimeMs),
            Clock.GetElapsedTime(slot.LastActivity), counts.Records, counts.Late, counts.DeadLettered));
    }
}
