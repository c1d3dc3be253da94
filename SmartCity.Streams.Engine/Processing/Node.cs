namespace SmartCity.Streams.Engine.Processing;

/// <summary>One operator as a task runs it. Records are pushed through by plain calls; nothing is queued or allocated between operators.</summary>
internal abstract class Node<TKey, TValue>
{
    public abstract void Process(in Record<TKey, TValue> record);
}

/// <summary>The end of a stream that nothing follows.</summary>
internal sealed class EndNode<TKey, TValue> : Node<TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
    }
}

/// <summary>Hands each record to several operators, in the order in which the builder was told of them.</summary>
internal sealed class FanOutNode<TKey, TValue>(Node<TKey, TValue>[] children) : Node<TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        foreach (var child in children)
        {
            child.Process(record);
        }
    }
}
