using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>A decision to raise a silent partition's stream time.</summary>
internal readonly record struct Raise(CombineSlot Slot, long StreamTimeMs, long? OthersMs);

/// <summary>
/// Finds partitions that were read to their end and have been silent for the idle time-out, so that they do not hold back finality for ever. It asks the
/// broker in the background and acts only if nothing has come in the meantime.
/// </summary>
internal sealed class SilenceWatch(ThreadContext context, IConsumer<int, int> consumer)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    private readonly StreamsConfig _config = context.Config;
    private Task<Answer>? _question;
    private List<(CombineSlot Slot, int Generation, long Position)> _asked = [];
    private long _askAt;
    private volatile bool _closed;

    /// <summary>Asks about the partitions that may be silent.</summary>
    public void Look(IEnumerable<CombineSlot> slots)
    {
        var now = _config.Clock.GetTimestamp();
        if (_question is not null || now < _askAt)
        {
            return;
        }

        _asked = slots.Where(s => MayBeSilent(s, now)).Select(s => (s, s.Generation, s.Position)).ToList();
        if (_asked.Count > 0)
        {
            var partitions = _asked.Select(a => a.Slot.Partition).ToList();
            _question = Task.Run(() => Ask(partitions));
        }
    }

    /// <summary>The raises that the last answer allows, if it has come.</summary>
    public List<Raise> TakeDue(IEnumerable<CombineSlot> owned)
    {
        if (_question is not { IsCompleted: true } done)
        {
            return [];
        }

        _question = null;
        _askAt = _config.Clock.GetTimestamp() + Ticks(TimeSpan.FromTicks(_config.IdleTimeout.Ticks / 10));
        Answer answer;
        try
        {
            answer = done.GetAwaiter().GetResult();
        }
        catch (KafkaException e)
        {
            Log.SilenceUnknown(context.Log, e.Error.Reason);
            return [];
        }

        var now = _config.Clock.GetTimestamp();
        var raises = new List<Raise>();
        foreach (var (slot, generation, position) in _asked)
        {
            var unchanged = slot.Generation == generation && slot.Position == position && owned.Contains(slot) && MayBeSilent(slot, now);
            if (unchanged && answer.Ends.TryGetValue(slot.Partition, out var end) && end <= position && Target(slot, answer, now) is { } raise)
            {
                raises.Add(raise);
            }
        }

        return raises;
    }

    /// <summary>Raises the task and records it; the caller commits both with the partition's offset.</summary>
    public void Apply(Raise raise, Output output)
    {
        var slot = raise.Slot;
        var previous = slot.Task.StreamTimeMs;
        slot.Task.Raise(raise.StreamTimeMs);
        slot.RaisedAt = _config.Clock.GetTimestamp();
        var key = Encoding.UTF8.GetBytes($"{slot.Partition.Topic}/{slot.Partition.Partition.Value.ToString(CultureInfo.InvariantCulture)}");
        output.Send(context.Cluster.Topics.Raises, 0, key, Record(raise, previous));
        Log.Raised(context.Log, slot.Partition, DateTimeOffset.FromUnixTimeMilliseconds(raise.StreamTimeMs), slot.Task.NextOffset);
    }

    /// <summary>Waits until the background question no longer uses the consumer, which is about to be closed.</summary>
    public void Close()
    {
        _closed = true;
        _question?.ContinueWith(_ => { }, TaskScheduler.Default).Wait(s_timeout);
    }

    private bool MayBeSilent(CombineSlot slot, long now) =>
        slot is { State: SlotState.Running, AtEnd: true, Touched: false, HasUncommitted: false, OffsetDue: false }
        && _config.Clock.GetElapsedTime(slot.LastActivity, now) >= _config.IdleTimeout
        && (slot.RaisedAt is not { } raised || _config.Clock.GetElapsedTime(raised, now) >= _config.RaiseInterval);

    private Raise? Target(CombineSlot slot, Answer answer, long now)
    {
        var own = slot.Task.StreamTimeMs;
        var target = own;
        long? others = null;
        foreach (var (index, time) in answer.StreamTimes)
        {
            if (index != slot.Task.Input.Index)
            {
                others = Math.Max(others ?? time, time);
            }
        }

        target = Math.Max(target, others ?? target);
        if (slot.StreamTimeAtActivity != CombineTask.NoStreamTime)
        {
            var since = _config.Clock.GetElapsedTime(slot.LastActivity, now) - _config.IdleTimeout;
            target = Math.Max(target, slot.StreamTimeAtActivity + (long)since.TotalMilliseconds);
        }

        target = Math.Min(target, _config.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        return target > own ? new Raise(slot, target, others) : null;
    }

    private Answer Ask(List<TopicPartition> partitions)
    {
        // Uncommitted records count as unread data: the partition is not at its end before they are decided.
        var bounds = context.Bounds.Ask(partitions);
        if (_closed)
        {
            return new Answer(new Dictionary<TopicPartition, long>(), new Dictionary<int, long>());
        }

        var topic = context.Cluster.Topics.StreamTime;
        var times = consumer.Committed(context.Cluster.Inputs.Select(i => new TopicPartition(topic, i.Index)), s_timeout);
        return new Answer(
            bounds.ToDictionary(b => b.Key, b => b.Value.High.Value),
            times.Where(t => t.Offset != Offset.Unset).ToDictionary(t => t.Partition.Value, t => InternalTopics.FromOffset(t.Offset.Value)));
    }

    /// <summary>
    /// The record in <c>APP-raises</c>: from <c>offset</c> of <c>topic</c>/<c>partition</c> on, stream time is at least <c>stream_time</c>. Times are UTC with
    /// milliseconds; <c>previous</c> is null before the first reading, <c>others</c> the largest stream time of the other partitions.
    /// </summary>
    private byte[] Record(Raise raise, long previous)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("topic", raise.Slot.Partition.Topic);
            json.WriteNumber("partition", raise.Slot.Partition.Partition.Value);
            json.WriteNumber("offset", raise.Slot.Task.NextOffset);
            json.WriteString("stream_time", Iso(raise.StreamTimeMs));
            json.WriteString("previous", previous == CombineTask.NoStreamTime ? null : Iso(previous));
            json.WriteString("others", raise.OthersMs is { } others ? Iso(others) : null);
            json.WriteString("raised_at", Iso(_config.Clock.GetUtcNow().ToUnixTimeMilliseconds()));
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static string Iso(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _config.Clock.TimestampFrequency);

    private sealed record Answer(IReadOnlyDictionary<TopicPartition, long> Ends, IReadOnlyDictionary<int, long> StreamTimes);
}
