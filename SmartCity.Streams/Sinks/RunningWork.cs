using Confluent.Kafka;
using Polly;

namespace SmartCity.Streams.Sinks;

/// <summary>Slow work under way beside the polling thread, with retries.</summary>
internal sealed class RunningWork : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly Task<SinkOutcome> _task;

    private RunningWork(IReadOnlyList<SinkPartition> partitions, bool isOpening, ResiliencePipeline retry, Func<CancellationToken, Task<SinkOutcome>> run)
    {
        (Partitions, IsOpening) = (partitions, isOpening);
        var token = _cancel.Token;
        _task = Task.Run(() => retry.ExecuteAsync(async ct => await run(ct), token).AsTask());
    }

    public static RunningWork Of(SinkWork work, IReadOnlyList<SinkPartition> partitions, ResiliencePipeline retry)
        => new(partitions, isOpening: false, retry, work.RunAsync);

    public static RunningWork Opening(IReadOnlyList<SinkPartition> partitions, ResiliencePipeline retry, Func<CancellationToken, Task<SinkOutcome>> open)
        => new(partitions, isOpening: true, retry, open);

    public IReadOnlyList<SinkPartition> Partitions { get; }

    public bool IsOpening { get; }

    public bool IsCompleted => _task.IsCompleted;

    public bool Concerns(IReadOnlyCollection<TopicPartition> partitions) => Partitions.Any(p => partitions.Contains(p.Partition));

    /// <summary>Waits for its end, well or not; false when it is not there in time.</summary>
    public bool Wait(TimeSpan timeout) => Task.WaitAny([_task], timeout) == 0;

    /// <summary>What came of it, once it has ended; throws what it threw.</summary>
    public SinkOutcome Result() => _task.GetAwaiter().GetResult();

    public void Cancel() => _cancel.Cancel();

    public void Dispose() => _cancel.Dispose();
}
