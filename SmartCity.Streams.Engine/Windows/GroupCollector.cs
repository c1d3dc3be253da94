using SmartCity.Streams.Engine.Processing;

namespace SmartCity.Streams.Engine.Windows;

/// <summary>Takes the groups that one record counts in.</summary>
/// <typeparam name="TGroup">The type of the groups.</typeparam>
public sealed class GroupCollector<TGroup>
{
    private TGroup[] _groups = new TGroup[4];

    /// <summary>The groups added so far.</summary>
    internal ReadOnlySpan<TGroup> Groups => _groups.AsSpan(0, Count);

    private int Count { get; set; }

    /// <summary>Adds a group; the record counts in it once for every call.</summary>
    public void Add(TGroup group)
    {
        if (Count == _groups.Length)
        {
            Array.Resize(ref _groups, Count * 2);
        }

        _groups[Count++] = group;
    }

    internal void Clear() => Count = 0;
}

/// <summary>Says which groups a record counts in, by adding them to <paramref name="groups"/>: none, one or several.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TValue">The type of the value.</typeparam>
/// <typeparam name="TGroup">The type of the groups.</typeparam>
public delegate void GroupSelector<TKey, TValue, TGroup>(in Record<TKey, TValue> record, GroupCollector<TGroup> groups);
