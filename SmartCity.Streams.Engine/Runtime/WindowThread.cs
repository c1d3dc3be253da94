using Confluent.Kafka;
using SmartCity.Streams.Engine.State;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>Runs sub-topology 1 on the repartition partitions that the group <c>APP-windows</c> gives it.</summary>
internal sealed class WindowThread : StreamThread<WindowSlot>
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_flushInterval = TimeSpan.FromMinutes(5);

    private readonly StoreRestorer _restorer;
    private readonly Purge _purge;
    private long _flushed;
    private bool _rowsDue;

    public WindowThread(ThreadContext context, int index)
        : base(context, "windows", index, GroupOf(context.Config), [context.Cluster.Topics.Partials], context.Cluster.RepartitionPartitions)
    {
        _restorer = new StoreRestorer(context, Name, Output.Refusals);
        _purge = new Purge(context);
        _flushed = Clock.GetTimestamp();
    }

    public static string GroupOf(StreamsConfig config) => $"{config.ApplicationId}-windows";

    protected override int IndexOf(string? topic, int partition) => partition;

    protected override WindowSlot CreateSlot(TopicPartition partition) => new(partition, Context.Metrics.Window(partition.Partition.Value));

    protected override IReadOnlyDictionary<WindowSlot, LoadedPosition> Load(IReadOnlyList<WindowSlot> slots)
    {
        // First the committed offsets, which waits for open transactions on them; only then is the changelog's end final for their tasks.
        var committed = Consumer.Committed(slots.Select(s => s.Partition), s_timeout).ToDictionary(o => o.TopicPartition, o => o.Offset);
        var changelogs = slots.Select(s => Changelog(s.Partition.Partition)).ToList();
        var bounds = Context.Bounds.Ask(changelogs);
        var starts = Context.Bounds.Ask(slots.Select(s => s.Partition).Where(p => committed[p] == Offset.Unset).ToList());
        return slots.ToDictionary(s => s, s =>
        {
            var offset = committed[s.Partition];
            var changelog = bounds[Changelog(s.Partition.Partition)];
            return new LoadedPosition(
                offset == Offset.Unset ? starts[s.Partition].Low.Value : offset.Value, offset != Offset.Unset, CombineTask.NoStreamTime, changelog.Low.Value, changelog.High.Value);
        });
    }

    protected override bool OnLoaded(WindowSlot slot, LoadedPosition position)
    {
        if (slot.Task is not null && slot.CommittedOffset == position.Offset)
        {
            return true; // Aborted in good order: the store stands for exactly this offset.
        }

        slot.CloseTask();
        OpenTask(slot);
        var from = slot.Task!.RestoredTo;
        if (from > position.ChangelogEnd || from < position.ChangelogStart)
        {
            slot.CloseTask();
            slot.Unfit = $"it stands for changelog offset {from}, and the changelog runs from {position.ChangelogStart} to {position.ChangelogEnd}";
            OpenTask(slot);
            from = slot.Task!.RestoredTo;
        }

        if (position is { HasCommit: true, ChangelogEnd: 0 })
        {
            throw new StreamsException(
                $"{slot.Partition} was processed up to offset {position.Offset}, but its changelog {Context.Cluster.Topics.Changelog} is empty: the state is gone. "
                + $"Reset the application {Context.Config.ApplicationId} to compute it again.");
        }

        slot.CommittedOffset = position.Offset;
        if ((from ?? position.ChangelogStart) < position.ChangelogEnd)
        {
            slot.State = SlotState.Restoring;
            _restorer.Begin(slot, from ?? position.ChangelogStart, position.ChangelogEnd);
            Publish(slot);
            return false;
        }

        slot.Task.StartProcessing();
        Publish(slot);
        return true;
    }

    protected override void Process(WindowSlot slot, in RawRecord record) => slot.Task!.Process(record);

    protected override void OnEnd(WindowSlot slot)
    {
    }

    // A block can change thousands of windows: the commit must not wait for a whole batch of them, and rows that are due go ahead of further blocks.
    protected override int RecordsPerCheck => 1;

    protected override int RecordsPerRound => _rowsDue ? 1 : base.RecordsPerRound;

    protected override bool Work()
    {
        if (_rowsDue)
        {
            EmitRows();
        }

        foreach (var slot in _restorer.Advance(Slots))
        {
            if (slot.Unfit is not null)
            {
                slot.CloseTask();
                Reload(slot);
            }
            else
            {
                slot.Store!.Flush();
                slot.Task!.StartProcessing();
                Run(slot, slot.CommittedOffset);
                Publish(slot);
            }
        }

        return _rowsDue || _restorer.IsBusy;
    }

    // Nobody sees a row before its transaction is committed; so it is made when that is due, of all that has come until then.
    protected override void BeforeCommit() => EmitRows();

    protected override void Tick()
    {
        foreach (var slot in Slots)
        {
            Publish(slot);
        }

        _purge.Look(Slots);
        if (Clock.GetElapsedTime(_flushed) > s_flushInterval)
        {
            _flushed = Clock.GetTimestamp();
            foreach (var slot in Slots)
            {
                slot.Store?.Flush();
            }
        }
    }

    protected override void DisposeOwn() => _restorer.Close();

    /// <summary>Sends a portion of the rows that are due.</summary>
    private void EmitRows()
    {
        _rowsDue = false;
        foreach (var slot in Slots)
        {
            if (slot is { State: SlotState.Running, Task: { EmitDue: true } task })
            {
                Emit(slot, task);
                _rowsDue |= task.EmitDue;
            }
        }
    }

    /// <summary>One row takes the trace along: those of one emission are written together.</summary>
    private void Emit(WindowSlot slot, WindowTask task)
    {
        if (slot.Span is not { IsPassedOn: false, Headers: { } headers } span)
        {
            task.Emit();
            return;
        }

        Output.Mark = headers;
        task.Emit();
        span.IsPassedOn = Output.Mark is null;
        Output.Mark = null;
    }

    private TopicPartition Changelog(Partition partition) => new(Context.Cluster.Topics.Changelog, partition);

    private void OpenTask(WindowSlot slot)
    {
        var number = slot.Partition.Partition.Value;
        var cluster = Context.Cluster;
        var path = Path.Combine(
            Context.Folder.FullPath, Context.Topology.StoreName!, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (slot.Unfit is { } reason && Directory.Exists(path))
        {
            Log.StoreDiscarded(Context.Log, slot.Partition, reason);
            Directory.Delete(path, recursive: true);
        }

        slot.Unfit = null;
        var store = RocksDbStore.Open(
            path, cluster.ChangelogId, Clock, ClusterCheck.DeletionsKept / 2, why => Log.StoreDiscarded(Context.Log, slot.Partition, why));
        try
        {
            slot.Open(store, Context.Topology.CreateWindowTask(new WindowTaskContext(
                number, cluster.Topics.Changelog!, cluster.Inputs.Count, cluster.Fingerprint, cluster.Epoch,
                Context.Config.Guarantee == ProcessingGuarantee.AtLeastOnce, Context.Config.EmitInterval, store, Output, Clock)
            { Tasks = cluster.RepartitionPartitions }));
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private static void Publish(WindowSlot slot)
    {
        var task = slot.Task;
        var running = slot.State == SlotState.Running && task is not null;
        slot.Meter.Publish(
            new WindowTaskStatus(
                slot.Partition.Partition.Value, !running, slot.RestoreRemaining,
                running && task!.WatermarkMs != CombineTask.NoStreamTime ? DateTimeOffset.FromUnixTimeMilliseconds(task.WatermarkMs) : null,
                running ? task!.WatermarkHolder : -1, running ? task!.OpenWindows : 0, task?.Counters.RowsEmitted ?? 0, task?.Counters.PartialsForFinalWindows ?? 0),
            slot.Store?.SizeBytes ?? 0, task?.Counters);
    }
}
