using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Streams.Engine.Processing;

/// <summary>
/// An operator of one's own, one instance a task. What it keeps in memory is dropped with an aborted transaction (a new instance takes its place), so it
/// must not be needed for the result to be right.
/// </summary>
/// <typeparam name="TKey">Key in.</typeparam>
/// <typeparam name="TValue">Value in.</typeparam>
/// <typeparam name="TOutKey">Key out.</typeparam>
/// <typeparam name="TOutValue">Value out.</typeparam>
public interface IProcessor<TKey, TValue, TOutKey, TOutValue>
{
    /// <summary>Called once, before any record.</summary>
    void Init(IProcessorContext<TOutKey, TOutValue> context);

    /// <summary>Takes one record; whatever it forwards belongs to the same transaction.</summary>
    void Process(in Record<TKey, TValue> record);

    /// <summary>True when <see cref="Punctuate"/> has work at this time although no record came.</summary>
    bool PunctuateDue(DateTimeOffset wallClock) => false;

    /// <summary>Called before every commit.</summary>
    void Punctuate(DateTimeOffset wallClock)
    {
    }

    /// <summary>Called before the last commit when the task ends in good order: forward what is held back.</summary>
    void Close()
    {
    }
}

/// <summary>What a processor can see and do.</summary>
/// <typeparam name="TOutKey">Key out.</typeparam>
/// <typeparam name="TOutValue">Value out.</typeparam>
public interface IProcessorContext<TOutKey, TOutValue>
{
    /// <summary>The task's partition: of the source topic in sub-topology 0, of the repartition topic in sub-topology 1.</summary>
    int Partition { get; }

    /// <summary>The offset of the record being processed.</summary>
    long Offset { get; }

    /// <summary>The timestamp of the record being processed as the log has it, Unix milliseconds.</summary>
    long RecordTimestampMs { get; }

    /// <summary>In sub-topology 1, before a commit: how far the window task is. Null elsewhere, and while some input partition has no stream time.</summary>
    WindowProgress? Progress => null;

    /// <summary>The wall clock.</summary>
    DateTimeOffset WallClock { get; }

    /// <summary>Sends a record to the operators that follow.</summary>
    void Forward(in Record<TOutKey, TOutValue> record);
}

/// <summary>How far a window task is: the final row of every window whose end + grace is not after the watermark was sent before this was told.</summary>
/// <param name="Task">The task: a partition of the repartition topic.</param>
/// <param name="Tasks">How many there are. Which groups are whose: <see cref="TaskOf"/>.</param>
/// <param name="WatermarkMs">The watermark, Unix milliseconds.</param>
public readonly record struct WindowProgress(int Task, int Tasks, long WatermarkMs)
{
    /// <summary>The task of the groups with these partitioning bytes, out of so many.</summary>
    public static int TaskOf(ReadOnlySpan<byte> partitioningBytes, int tasks) => Murmur2.Partition(partitioningBytes, tasks);
}
