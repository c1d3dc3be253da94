using Confluent.Kafka;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>Deletes blocks that every reader has committed: the repartition topic has no retention of its own.</summary>
internal sealed class Purge(ThreadContext context)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);

    private Task _running = Task.CompletedTask;
    private long _last = context.Config.Clock.GetTimestamp();
    private volatile bool _unsupported;

    public void Look(IEnumerable<WindowSlot> slots)
    {
        if (_unsupported || !_running.IsCompleted || context.Config.Clock.GetElapsedTime(_last) < s_interval)
        {
            return;
        }

        _last = context.Config.Clock.GetTimestamp();
        var below = new List<TopicPartitionOffset>();
        foreach (var slot in slots)
        {
            if (slot.State == SlotState.Running && slot.CommittedOffset > slot.PurgedTo)
            {
                below.Add(new TopicPartitionOffset(slot.Partition, slot.CommittedOffset));
                slot.PurgedTo = slot.CommittedOffset;
            }
        }

        if (below.Count > 0)
        {
            _running = Task.Run(() => DeleteAsync(below));
        }
    }

    private async Task DeleteAsync(List<TopicPartitionOffset> below)
    {
        try
        {
            await context.Bounds.DeleteBelowAsync(below).ConfigureAwait(false);
            Log.Purged(context.Log, below[0].Topic);
        }
        catch (KafkaException e)
        {
            _unsupported = e.Error.Code is ErrorCode.Local_UnsupportedFeature or ErrorCode.UnsupportedVersion;
            Log.PurgeFailed(context.Log, below[0].Topic, e.Error.Reason);
        }
    }
}
