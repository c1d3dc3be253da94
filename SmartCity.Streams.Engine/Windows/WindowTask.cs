using System.Buffers;

using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.State;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Windows;

/// <inheritdoc cref="WindowTask"/>
internal sealed class WindowTask<TKey, TValue, TGroup, TAggregate> : WindowTask
    where TGroup : notnull
    where TAggregate : class
{
    /// <summary>A guess at what a changed window costs in memory; only decides when to commit early.</summary>
    private const int BytesPerWindow = 2048;

    /// <summary>What one call of <see cref="Emit"/> sends at most, so that a watermark that leaps ahead never makes a transaction longer than its time-out.</summary>
    private const int RowsPerCall = 5_000;

    private readonly AggregationDefinition<TKey, TValue, TGroup, TAggregate> _definition;
    private readonly WindowTaskContext _context;
    private readonly TimeWindows _windows;
    private readonly GroupTable<TGroup> _groups;
    private readonly OpenWindows<TGroup, TValue, TAggregate> _open;
    private readonly TAggregate _partial;
    private readonly EmissionPacer _pacer;
    private readonly HashSet<OpenWindows<TGroup, TValue, TAggregate>.WindowKey> _unemitted = [];
    private readonly Queue<OpenWindows<TGroup, TValue, TAggregate>.WindowKey> _emitting = new();
    private readonly InputProgress[] _inputs;
    private readonly SortedSet<int> _movedInputs = [];
    private readonly List<StoreWrite> _writes = [];
    private readonly ArrayBufferWriter<byte> _scratch = new(256);
    private WindowStoreMeta _meta;
    private bool _metaChanged;
    private bool _finalsDue;
    private long _emittingTo;
    private long _openCount;
    private long _rowsSent;
    private TaskScope _scope = null!;
    private Node<Windowed<TGroup>, WindowUpdate<TAggregate>> _rows = null!;

    public WindowTask(AggregationDefinition<TKey, TValue, TGroup, TAggregate> definition, WindowTaskContext context)
    {
        _definition = definition;
        _context = context;
        _windows = definition.Windows;
        _groups = new GroupTable<TGroup>(definition.Grouped.Serde);
        _open = new OpenWindows<TGroup, TValue, TAggregate>(context.Store, _groups, definition.Aggregator, Damaged);
        _partial = definition.Aggregator.Create();
        _inputs = new InputProgress[context.InputPartitions];
        _pacer = new EmissionPacer(context.EmitInterval, context.Clock);
    }

    public override int Partition => _context.Partition;

    public override long? RestoredTo => _context.Store.CheckpointOffset;

    public override long WatermarkMs => _meta.WatermarkMs;

    public override int WatermarkHolder
    {
        get
        {
            var holder = 0;
            for (var i = 1; i < _inputs.Length; i++)
            {
                holder = _inputs[i].StreamTimeMs < _inputs[holder].StreamTimeMs ? i : holder;
            }

            return holder;
        }
    }

    public override bool HasUncommitted => _metaChanged || _movedInputs.Count > 0 || _open.TouchedCount > 0;

    public override bool EmitDue => _finalsDue || _emitting.Count > 0 || (_unemitted.Count > 0 && _pacer.IsDue(_meta.WatermarkMs));

    public override long BufferedBytes => (_open.TouchedCount + _rowsSent) * BytesPerWindow;

    public override long OpenWindows => _openCount;

    public override TaskCounters Counters { get; } = new();

    public override void Restore(IReadOnlyList<(byte[] Key, byte[]? Value)> records, long nextOffset)
    {
        foreach (var (key, _) in records)
        {
            if (!WindowStoreFormat.IsKey(key) || (WindowStoreFormat.IsWindowKey(key) && !_windows.Holds(WindowStoreFormat.WindowEnd(key))))
            {
                throw Damaged(new FormatException($"a record before offset {nextOffset} has a key of {key?.Length ?? 0} bytes that is no key of it"));
            }
        }

        _context.Store.Apply([.. records.Select(record => new StoreWrite(record.Key, record.Value))], nextOffset);
    }

    public override void StartProcessing()
    {
        if (_context.Store.Get(WindowStoreFormat.MetaKey) is { } stored)
        {
            var meta = ReadStored(stored, WindowStoreFormat.ReadMeta);
            CheckFingerprint(meta.Fingerprint, meta.Epoch, $"The state of window task {Partition}");
        }

        Load();
    }

    public override void Process(in RawRecord record)
    {
        var reader = new ByteReader(record.Value);
        try
        {
            var header = BlockFormat.ReadHeader(ref reader);
            CheckFingerprint(header.Fingerprint, header.Epoch, $"Block {record.Topic}-{record.Partition}@{record.Offset}");
            if (IsNew(record, header))
            {
                _scope.Offset = record.Offset;
                _scope.RecordTimestampMs = record.TimestampMs;
                MergeEntries(ref reader, header.Entries, record.Offset);
                MoveInput(header);
                _meta = _meta with { ProcessedTo = record.Offset + 1 };
                _metaChanged = true;
                if (header.IsLast)
                {
                    MoveWatermark(record.Offset);
                }
            }
        }
        catch (OtherVersionException e)
        {
            throw new StreamsException($"Record {record.Topic}-{record.Partition}@{record.Offset} {e.Message}. {OtherVersionException.Remedy}", e);
        }
        catch (FormatException e)
        {
            throw new StreamsException(
                $"Record {record.Topic}-{record.Partition}@{record.Offset} is no valid block ({e.Message}). Something other than this application wrote to its internal topic, or the record is damaged. Reset the application to rebuild from its input.", e);
        }
    }

    public override void Emit()
    {
        var room = RowsPerCall;
        if (_finalsDue)
        {
            room -= SendFinals(room);
        }

        // Finals come when they are due; the others only when their interval is over.
        if (!_finalsDue && (_emitting.Count > 0 || _pacer.IsDue(_meta.WatermarkMs)))
        {
            SendChanges(room);
        }
    }

    public override void PrepareCommit()
    {
        var now = _context.Clock.GetUtcNow();
        if (!_finalsDue && _meta.WatermarkMs != CombineTask.NoStreamTime)
        {
            _scope.Progress = new WindowProgress(Partition, _context.Tasks, _meta.WatermarkMs);
        }

        foreach (var listener in _scope.CommitListeners)
        {
            listener.BeforeCommit(now);
        }

        _writes.Clear();
        _open.CollectWrites(_writes);
        foreach (var input in _movedInputs)
        {
            _writes.Add(new StoreWrite(WindowStoreFormat.ProgressKey(input), WindowStoreFormat.Write(_inputs[input], _scratch)));
        }

        foreach (var (key, value) in _writes)
        {
            _context.Output.Send(_context.ChangelogTopic, Partition, key, value);
        }

        var meta = new StoreWrite(WindowStoreFormat.MetaKey, WindowStoreFormat.Write(_meta, _scratch));
        _writes.Add(meta);
        _context.Output.SendLast(_context.ChangelogTopic, Partition, meta.Key, meta.Value);
    }

    public override void MarkCommitted(long? changelogOffset)
    {
        _context.Store.Apply(_writes, changelogOffset);
        _writes.Clear();
        _open.Commit();
        _rowsSent = 0;
        _movedInputs.Clear();
        _metaChanged = false;
    }

    public override void Abort()
    {
        _open.Abort();
        _writes.Clear();
        Load();
    }

    public override void Dispose()
    {
        _context.Store.Flush();
        _context.Store.Dispose();
    }

    /// <summary>Takes everything but the windows themselves from the store, and fresh operators with it.</summary>
    private void Load()
    {
        _scope = new TaskScope(Partition, _context.Output, _context.Clock);
        _rows = _definition.Rows.Build(_scope);
        _meta = _context.Store.Get(WindowStoreFormat.MetaKey) is { } meta
            ? ReadStored(meta, WindowStoreFormat.ReadMeta)
            : new WindowStoreMeta(_context.Fingerprint, _context.Epoch, CombineTask.NoStreamTime, 0, 0, 0);
        for (var i = 0; i < _inputs.Length; i++)
        {
            _inputs[i] = _context.Store.Get(WindowStoreFormat.ProgressKey(i)) is { } progress ? ReadStored(progress, WindowStoreFormat.ReadProgress) : InputProgress.Start;
        }

        (_openCount, var unemitted) = _open.Survey(_meta.EmittedTo);
        _unemitted.Clear();
        _unemitted.UnionWith(unemitted);
        _emitting.Clear();
        _rowsSent = 0;
        _finalsDue = true; // A crash may have come between two portions of them.
        _movedInputs.Clear();
        _metaChanged = false;
    }

    /// <summary>The audit: a block must begin where the one before it from the same input partition ended.</summary>
    private bool IsNew(in RawRecord record, in BlockHeader header)
    {
        if (header.InputPartition >= _inputs.Length || header.ToOffset < header.FromOffset)
        {
            throw new FormatException($"it names input partition {header.InputPartition} of {_inputs.Length} and offsets {header.FromOffset} to {header.ToOffset}");
        }

        var input = _inputs[header.InputPartition];
        if (_context.AtLeastOnce && (record.Offset < _meta.ProcessedTo || header.ToOffset < input.NextOffset || (header.ToOffset == input.NextOffset && header.FromOffset < header.ToOffset)))
        {
            return false;
        }

        var continues = input.NextOffset is null || (header.FromOffset == input.NextOffset && header.Chunk == input.NextChunk) || (_context.AtLeastOnce && header.FromOffset <= input.NextOffset);
        if (record.Offset < _meta.ProcessedTo || !continues)
        {
            throw new StreamsException(
                $"The audit of window task {Partition} failed: block {record.Topic}-{record.Partition}@{record.Offset} covers offsets {header.FromOffset} to {header.ToOffset} (chunk {header.Chunk}) of input partition {header.InputPartition}, but offset {input.NextOffset} (chunk {input.NextChunk}) is due. " +
                "Readings would be lost or counted twice. Do not restart it blindly: check whether two applications share this application id or somebody moved its committed offsets, then reset the application to rebuild from its input.");
        }

        return true;
    }

    private void MergeEntries(ref ByteReader reader, int entries, long blockOffset)
    {
        var lastClosedEnd = _windows.LastClosedEnd(_meta.WatermarkMs);
        for (var i = 0; i < entries; i++)
        {
            var group = _groups.Of(reader.ReadBytes());
            var slice = reader.ReadSigned();
            if (!_windows.HoldsSlice(slice))
            {
                throw new FormatException($"no slice starts at {slice}");
            }

            var closed = reader.ReadCount(_windows.WindowsPerSlice - 1);
            _definition.Aggregator.Read(_partial, reader.ReadBytes());
            for (var index = closed; index < _windows.WindowsPerSlice; index++)
            {
                var end = _windows.WindowEnd(slice, index);
                if (end <= lastClosedEnd)
                {
                    Counters.PartialsForFinalWindows++;
                    continue;
                }

                var key = new OpenWindows<TGroup, TValue, TAggregate>.WindowKey(end, group);
                var window = _open.Touch(key, out var opened);
                _openCount += opened ? 1 : 0;
                _definition.Aggregator.Merge(window.Aggregate, _partial);
                window.LastBlock = blockOffset;
                _unemitted.Add(key);
            }
        }

        if (!reader.AtEnd)
        {
            throw new FormatException("bytes follow its last entry");
        }
    }

    private void MoveInput(in BlockHeader header)
    {
        ref var input = ref _inputs[header.InputPartition];
        input = header.IsLast
            ? new InputProgress(Math.Max(header.ToOffset, input.NextOffset ?? 0), 0, Math.Max(input.StreamTimeMs, header.StreamTimeMs))
            : new InputProgress(header.FromOffset, header.Chunk + 1, input.StreamTimeMs);
        _movedInputs.Add(header.InputPartition);
    }

    /// <summary>W is the smallest stream time of all input partitions; the windows that it passes are due to become final.</summary>
    private void MoveWatermark(long blockOffset)
    {
        var watermark = _inputs[WatermarkHolder].StreamTimeMs;
        if (watermark > _meta.WatermarkMs)
        {
            _finalsDue |= _windows.LastClosedEnd(watermark) > _windows.LastClosedEnd(_meta.WatermarkMs);
            _meta = _meta with { WatermarkMs = watermark, WatermarkBlock = blockOffset };
        }
    }

    /// <summary>Makes windows final that the watermark has passed: a portion of them.</summary>
    private int SendFinals(int most)
    {
        var keys = _open.EndingAtOrBefore(_windows.LastClosedEnd(_meta.WatermarkMs), most);
        foreach (var key in keys)
        {
            var window = _open.Touch(key, out _);
            Forward(key, window.Aggregate, isFinal: true, _meta.WatermarkBlock);
            window.Deleted = true;
            _openCount--;
            _unemitted.Remove(key);
        }

        _finalsDue = keys.Count == most;
        return keys.Count;
    }

    /// <summary>Sends rows of windows that changed up to when this emission began; what changes meanwhile is for the next one.</summary>
    private void SendChanges(int most)
    {
        if (_emitting.Count == 0)
        {
            if (_unemitted.Count == 0)
            {
                return;
            }

            _emittingTo = _meta.ProcessedTo;
            foreach (var key in _definition.EmitStrategy == EmitStrategy.OnWindowUpdate ? _unemitted : [])
            {
                _emitting.Enqueue(key);
            }

            _unemitted.Clear();
            _pacer.Begin(_meta.WatermarkMs, _emitting.Count);
        }

        for (; most > 0 && _emitting.TryDequeue(out var key); most--)
        {
            if (_open.Find(key) is { Deleted: false } window)
            {
                Forward(key, window.Aggregate, isFinal: false, window.LastBlock);
            }
        }

        _meta = _emitting.Count == 0 ? _meta with { EmittedTo = _emittingTo } : _meta;
        _metaChanged = true;
    }

    private void Forward(in OpenWindows<TGroup, TValue, TAggregate>.WindowKey key, TAggregate aggregate, bool isFinal, long revision)
    {
        Counters.RowsEmitted++;
        _rowsSent++;
        var watermark = _meta.WatermarkMs == CombineTask.NoStreamTime ? (long?)null : _meta.WatermarkMs;
        var start = _windows.WindowStart(key.EndMs);
        _rows.Process(new Record<Windowed<TGroup>, WindowUpdate<TAggregate>>(
            new Windowed<TGroup>(key.Group.Value, start, key.EndMs), new WindowUpdate<TAggregate>(aggregate, isFinal, _meta.Epoch, revision, watermark), start));
    }

    private void CheckFingerprint(ulong fingerprint, int epoch, string what)
    {
        if (fingerprint != _context.Fingerprint || epoch != _context.Epoch)
        {
            throw new StreamsException(
                $"{what} was made by another topology (fingerprint {fingerprint:x16}, epoch {epoch}; this one is {_context.Fingerprint:x16}, epoch {_context.Epoch}): the windows' size, advance or grace, the number of input or repartition partitions, or a topic itself has changed. " +
                "Go back to the former settings, or reset the application to rebuild from its input.");
        }
    }

    private T ReadStored<T>(byte[] value, StoredReader<T> read)
    {
        try
        {
            return read(value);
        }
        catch (OtherVersionException e)
        {
            throw new StreamsException($"The state of window task {Partition} {e.Message}. {OtherVersionException.Remedy}", e);
        }
        catch (FormatException e)
        {
            throw Damaged(e);
        }
    }

    private StreamsException Damaged(FormatException e) => new(
        $"The state of window task {Partition} cannot be read ({e.Message}). Something other than this application wrote to {_context.ChangelogTopic}, or the state is damaged. Reset the application to rebuild from its input.", e);

    private delegate T StoredReader<T>(ReadOnlySpan<byte> value);
}
