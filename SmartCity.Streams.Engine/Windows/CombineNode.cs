using System.Buffers;
using System.Runtime.InteropServices;

using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Streams.Engine.Windows;

/// <summary>What a combine task asks of its combine operator.</summary>
internal interface ICombiner
{
    /// <summary>Bytes (roughly) held.</summary>
    long BufferedBytes { get; }

    /// <summary>Gives every entry to the block writer of its partition, and forgets it.</summary>
    void Drain(BlockWriter[] writers);
}

/// <summary>
/// Adds each record once to (group, slice, k), where k is the number of windows over the slice that stream time has already closed: enough for the window task to
/// merge it into exactly the 'windows per slice − k' windows that the record counts in. A record that counts in none is late.
/// </summary>
internal sealed class CombineNode<TKey, TValue, TGroup, TAggregate> : Node<TKey, TValue>, ICombiner
    where TGroup : notnull
    where TAggregate : class
{
    /// <summary>The reason of a dead letter whose windows could not be written down.</summary>
    private const string OutsideTheCalendar = "bad_timestamp";

    /// <summary>A guess at what a partial costs in memory; only decides when to commit early.</summary>
    private const int BytesPerPartial = 1024;

    private readonly TaskScope _scope;
    private readonly AggregationDefinition<TKey, TValue, TGroup, TAggregate> _definition;
    private readonly TimeWindows _windows;
    private readonly IMergeableAggregator<TValue, TAggregate> _aggregator;
    private readonly GroupSelector<TKey, TValue, TGroup> _selector;
    private readonly GroupCollector<TGroup> _groups = new();
    private readonly Dictionary<PartialKey, TAggregate> _partials = [];
    private readonly Dictionary<PartialKey, TAggregate> _larger = [];
    private readonly Stack<TAggregate> _pool = new();
    private readonly ArrayBufferWriter<byte> _groupBytes = new(256);
    private readonly ArrayBufferWriter<byte> _aggregateBytes = new(1024);
    private readonly ArrayBufferWriter<byte> _partitionBytes = new(256);

    public CombineNode(TaskScope scope, AggregationDefinition<TKey, TValue, TGroup, TAggregate> definition)
    {
        _scope = scope;
        _definition = definition;
        _windows = definition.Windows;
        _aggregator = definition.Aggregator;
        _selector = definition.Grouped.Selector;
        scope.Combiner = this;
    }

    public long BufferedBytes => (long)_partials.Count * BytesPerPartial;

    public override void Process(in Record<TKey, TValue> record)
    {
        var slice = _windows.SliceStart(record.TimestampMs);
        if (!_windows.HoldsSlice(slice))
        {
            _scope.Rejection = new RecordRejection(OutsideTheCalendar, $"windows of {_windows.Size} over its time begin before year 1 or end after year 9999");
            return;
        }

        var closed = _windows.ClosedWindows(slice, _scope.StreamTimeMs);
        if (closed == _windows.WindowsPerSlice)
        {
            _scope.LatenessMs = _windows.LatenessMs(slice, _scope.StreamTimeMs);
            return;
        }

        _groups.Clear();
        _selector(record, _groups);
        var position = new RecordPosition(record.TimestampMs, _scope.Partition, _scope.Offset);
        foreach (var group in _groups.Groups)
        {
            _aggregator.Add(Partial(_partials, new PartialKey(group, slice, closed)), record.Value, position);
        }
    }

    public void Drain(BlockWriter[] writers)
    {
        MergeIntoLarger();
        Write(_partials, writers);
        Write(_larger, writers);
    }

    private TAggregate Partial(Dictionary<PartialKey, TAggregate> partials, PartialKey key)
    {
        ref var partial = ref CollectionsMarshal.GetValueRefOrAddDefault(partials, key, out _);
        return partial ??= _pool.TryPop(out var pooled) ? pooled : _aggregator.Create();
    }

    private void MergeIntoLarger()
    {
        if (_definition.Grouped.HeldBy is not { } heldBy)
        {
            return;
        }

        foreach (var (key, partial) in _partials)
        {
            _groups.Clear();
            heldBy(key.Group, _groups);
            foreach (var larger in _groups.Groups)
            {
                _aggregator.Merge(Partial(_larger, key with { Group = larger }), partial);
            }
        }
    }

    private void Write(Dictionary<PartialKey, TAggregate> partials, BlockWriter[] writers)
    {
        foreach (var (key, partial) in partials)
        {
            _groupBytes.ResetWrittenCount();
            _definition.Grouped.Serde.Write(key.Group, _groupBytes);
            _aggregateBytes.ResetWrittenCount();
            _aggregator.Write(partial, _aggregateBytes);
            writers[PartitionOf(key.Group, writers.Length)].Add(_groupBytes.WrittenSpan, key.SliceStartMs, key.Closed, _aggregateBytes.WrittenSpan);
            _aggregator.Clear(partial);
            _pool.Push(partial);
        }

        partials.Clear();
    }

    private int PartitionOf(TGroup group, int partitions)
    {
        if (_definition.Grouped.PartitionBy is not { } partitionBy)
        {
            return Murmur2.Partition(_groupBytes.WrittenSpan, partitions);
        }

        _partitionBytes.ResetWrittenCount();
        partitionBy(group, _partitionBytes);
        return Murmur2.Partition(_partitionBytes.WrittenSpan, partitions);
    }

    private readonly record struct PartialKey(TGroup Group, long SliceStartMs, int Closed);
}
