namespace SmartCity.Streams.Engine.Processing;

internal sealed class FilterNode<TKey, TValue>(Func<TKey, TValue, bool> keep, Node<TKey, TValue> next) : Node<TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        if (keep(record.Key, record.Value))
        {
            next.Process(record);
        }
    }
}

internal sealed class MapNode<TKey, TValue, TOutKey, TOutValue>(Func<TKey, TValue, (TOutKey Key, TOutValue Value)> map, Node<TOutKey, TOutValue> next) : Node<TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        var (key, value) = map(record.Key, record.Value);
        next.Process(new Record<TOutKey, TOutValue>(key, value, record.TimestampMs));
    }
}

internal sealed class FlatMapNode<TKey, TValue, TOutKey, TOutValue>(
    Func<TKey, TValue, IEnumerable<(TOutKey Key, TOutValue Value)>> map, Node<TOutKey, TOutValue> next) : Node<TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        foreach (var (key, value) in map(record.Key, record.Value))
        {
            next.Process(new Record<TOutKey, TOutValue>(key, value, record.TimestampMs));
        }
    }
}

internal sealed class PeekNode<TKey, TValue>(Action<TKey, TValue> look, Node<TKey, TValue> next) : Node<TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        look(record.Key, record.Value);
        next.Process(record);
    }
}

internal sealed class BranchNode<TKey, TValue>((Func<TKey, TValue, bool> Belongs, Node<TKey, TValue> Next)[] branches) : Node<TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        foreach (var (belongs, next) in branches)
        {
            if (belongs(record.Key, record.Value))
            {
                next.Process(record);
                return;
            }
        }
    }
}
