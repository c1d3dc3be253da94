using System.Buffers;

using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.State;

namespace SmartCity.Streams.Engine.Windows;

/// <summary>One open window of one group, in memory.</summary>
internal sealed class OpenWindow<TAggregate>(byte[] key, TAggregate aggregate, long lastBlock)
{
    public byte[] Key { get; } = key;

    public TAggregate Aggregate { get; } = aggregate;

    /// <summary>The repartition offset of the last block merged.</summary>
    public long LastBlock { get; set; } = lastBlock;

    /// <summary>Changed by the running transaction.</summary>
    public bool Touched { get; set; }

    /// <summary>Made final by the running transaction.</summary>
    public bool Deleted { get; set; }
}

/// <summary>
/// The windows of a task: those in use in memory, all of them in the store. What the running transaction changes (the overlay) exists in memory
/// only; <see cref="CollectWrites"/> turns it into writes, <see cref="Commit"/> makes it the truth, <see cref="Abort"/> forgets it. What in the store is no window is
/// told as <paramref name="damaged"/> says.
/// </summary>
internal sealed class OpenWindows<TGroup, TValue, TAggregate>(
    IStateStore store, GroupTable<TGroup> groups, IMergeableAggregator<TValue, TAggregate> aggregator, Func<FormatException, Exception> damaged)
    where TGroup : notnull
    where TAggregate : class
{
    /// <summary>Committed windows kept decoded for the next block; beyond, all are dropped and read again from the store.</summary>
    private const int CachedWindows = 20_000;

    private readonly Dictionary<WindowKey, OpenWindow<TAggregate>> _windows = [];
    private readonly List<(WindowKey Key, OpenWindow<TAggregate> Window)> _touched = [];
    private readonly ArrayBufferWriter<byte> _scratch = new(1024);

    public int TouchedCount => _touched.Count;

    /// <summary>Finds a window, or opens it; either way it belongs to the overlay from now on.</summary>
    public OpenWindow<TAggregate> Touch(WindowKey key, out bool opened)
    {
        opened = false;
        if (!_windows.TryGetValue(key, out var window))
        {
            var storeKey = WindowStoreFormat.WindowKey(key.EndMs, key.Group.Bytes);
            var stored = store.Get(storeKey);
            opened = stored is null;
            window = stored is null ? new OpenWindow<TAggregate>(storeKey, aggregator.Create(), -1) : Decode(storeKey, stored);
            _windows.Add(key, window);
        }

        if (!window.Touched)
        {
            window.Touched = true;
            _touched.Add((key, window));
        }

        return window;
    }

    /// <summary>Finds a window without changing it; null when there is none.</summary>
    public OpenWindow<TAggregate>? Find(WindowKey key)
    {
        if (_windows.TryGetValue(key, out var window))
        {
            return window;
        }

        var storeKey = WindowStoreFormat.WindowKey(key.EndMs, key.Group.Bytes);
        return store.Get(storeKey) is { } stored ? Decode(storeKey, stored) : null;
    }

    /// <summary>Windows that end at or before a time and are not deleted, overlay included: at most <paramref name="most"/> of them.</summary>
    public List<WindowKey> EndingAtOrBefore(long endMs, int most)
    {
        var found = new List<WindowKey>();
        foreach (var (key, window) in _touched)
        {
            if (found.Count == most)
            {
                return found;
            }

            if (key.EndMs <= endMs && !window.Deleted)
            {
                found.Add(key);
            }
        }

        foreach (var (storeKey, _) in store.Scan(WindowStoreFormat.FirstWindow, WindowStoreFormat.WindowKey(endMs + 1, [])))
        {
            if (found.Count == most)
            {
                return found;
            }

            var key = KeyOf(storeKey);
            if (!(_windows.TryGetValue(key, out var window) && window.Touched))
            {
                found.Add(key);
            }
        }

        return found;
    }

    /// <summary>The number of windows in the store, and those of them whose last block lies at or after a repartition offset.</summary>
    public (long Count, List<WindowKey> Unemitted) Survey(long emittedTo)
    {
        long count = 0;
        var unemitted = new List<WindowKey>();
        foreach (var (key, value) in store.Scan(WindowStoreFormat.FirstWindow, WindowStoreFormat.AfterWindows))
        {
            count++;
            if (LastBlockOf(value) >= emittedTo)
            {
                unemitted.Add(KeyOf(key));
            }
        }

        return (count, unemitted);
    }

    public void CollectWrites(List<StoreWrite> writes)
    {
        foreach (var (_, window) in _touched)
        {
            writes.Add(new StoreWrite(window.Key, window.Deleted ? null : Encode(window)));
        }
    }

    /// <summary>The overlay has gone to the store.</summary>
    public void Commit()
    {
        foreach (var (key, window) in _touched)
        {
            window.Touched = false;
            if (window.Deleted)
            {
                _windows.Remove(key);
            }
        }

        _touched.Clear();
        if (_windows.Count > CachedWindows)
        {
            _windows.Clear();
        }
    }

    /// <summary>The overlay is forgotten.</summary>
    public void Abort()
    {
        foreach (var (key, _) in _touched)
        {
            _windows.Remove(key);
        }

        _touched.Clear();
    }

    private WindowKey KeyOf(byte[] storeKey)
    {
        try
        {
            return new(WindowStoreFormat.WindowEnd(storeKey), groups.Of(WindowStoreFormat.Group(storeKey)));
        }
        catch (FormatException e)
        {
            throw damaged(e);
        }
    }

    private long LastBlockOf(byte[] value)
    {
        try
        {
            var reader = new ByteReader(value);
            return WindowStoreFormat.ReadWindowHead(ref reader);
        }
        catch (FormatException e)
        {
            throw damaged(e);
        }
    }

    private OpenWindow<TAggregate> Decode(byte[] key, byte[] value)
    {
        try
        {
            var reader = new ByteReader(value);
            var lastBlock = WindowStoreFormat.ReadWindowHead(ref reader);
            var aggregate = aggregator.Create();
            aggregator.Read(aggregate, reader.Rest());
            return new OpenWindow<TAggregate>(key, aggregate, lastBlock);
        }
        catch (FormatException e)
        {
            throw damaged(e);
        }
    }

    private byte[] Encode(OpenWindow<TAggregate> window)
    {
        _scratch.ResetWrittenCount();
        WindowStoreFormat.WriteWindowHead(_scratch, window.LastBlock);
        aggregator.Write(window.Aggregate, _scratch);
        return _scratch.WrittenSpan.ToArray();
    }

    /// <summary>A group's window, by its end.</summary>
    internal readonly record struct WindowKey(long EndMs, KnownGroup<TGroup> Group)
    {
        public bool Equals(WindowKey other) => EndMs == other.EndMs && Group.Equals(other.Group);

        public override int GetHashCode() => (EndMs.GetHashCode() * -1640531527) ^ Group.GetHashCode();
    }
}
