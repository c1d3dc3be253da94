namespace SmartCity.Streams.Engine.State;

/// <summary>A store in memory: for the test driver. It is gone with the process, as a lost disk would be.</summary>
internal sealed class InMemoryStore : IStateStore
{
    private readonly Dictionary<byte[], byte[]> _values = new(ByteOrder.Instance);
    private readonly SortedSet<byte[]> _keys = new(ByteOrder.Instance);

    public long? CheckpointOffset { get; private set; }

    public byte[]? Get(ReadOnlySpan<byte> key) => _values.GetValueOrDefault(key.ToArray());

    public IEnumerable<(byte[] Key, byte[] Value)> Scan(byte[] from, byte[] to) =>
        [.. _keys.GetViewBetween(from, to).Where(key => ByteOrder.Instance.Compare(key, to) < 0).Select(key => (key, _values[key]))];

    public void Apply(IReadOnlyCollection<StoreWrite> writes, long? changelogOffset)
    {
        foreach (var (key, value) in writes)
        {
            if (value is null)
            {
                _values.Remove(key);
                _keys.Remove(key);
            }
            else
            {
                _values[key] = value;
                _keys.Add(key);
            }
        }

        CheckpointOffset = changelogOffset ?? CheckpointOffset;
    }

    public void Flush()
    {
    }

    public void Dispose()
    {
    }
}
