namespace SmartCity.Streams.Engine.Processing;

/// <summary>Runs an <see cref="IProcessor{TKey,TValue,TOutKey,TOutValue}"/>.</summary>
internal sealed class ProcessorNode<TKey, TValue, TOutKey, TOutValue> : Node<TKey, TValue>, IProcessorContext<TOutKey, TOutValue>, ICommitListener
{
    private readonly TaskScope _scope;
    private readonly IProcessor<TKey, TValue, TOutKey, TOutValue> _processor;
    private readonly Node<TOutKey, TOutValue> _next;

    public ProcessorNode(TaskScope scope, IProcessor<TKey, TValue, TOutKey, TOutValue> processor, Node<TOutKey, TOutValue> next)
    {
        _scope = scope;
        _processor = processor;
        _next = next;
        scope.CommitListeners.Add(this);
        processor.Init(this);
    }

    public int Partition => _scope.Partition;

    public long Offset => _scope.Offset;

    public long RecordTimestampMs => _scope.RecordTimestampMs;

    public WindowProgress? Progress => _scope.Progress;

    public DateTimeOffset WallClock => _scope.Clock.GetUtcNow();

    public override void Process(in Record<TKey, TValue> record) => _processor.Process(record);

    public void Forward(in Record<TOutKey, TOutValue> record) => _next.Process(record);

    public bool Due(DateTimeOffset wallClock) => _processor.PunctuateDue(wallClock);

    public void BeforeCommit(DateTimeOffset wallClock) => _processor.Punctuate(wallClock);

    public void BeforeClose() => _processor.Close();
}
