namespace SmartCity.Streams.Engine.State;

/// <summary>A store in memory: for the test driver. It is gone with the process, as a lost disk would be.</summary>
internal sealed class InMemoryStore : IStateStore
{
    private readonly SortedDictionary<byte[], byte[]> _entries = new(ByteOrder.Instance);

    public long? CheckpointOffset { get; private set; }

    public byte[]? Get(ReadOnlySpan<byte> key) => _entries.GetValueOrDefault(key.ToArray());

    public IEnumerable<(byte[] Key, byte[] Value)> Scan(byte[] from, byte[] to) =>
        [.. _entries.Where(entry => ByteOrder.Instance.Compare(entry.Key, from) >= 0 && ByteOrder.Instance.Compare(entry.Key, to) < 0).Select(entry => (entry.Key, entry.Value))];

    public void Apply(IReadOnlyCollection<StoreWrite> writes, long? changelogOffset)
    {
        foreach (var (key, value) in writes)
        {
            if (value is null)
            {
                _entries.Remove(key);
            }
            else
            {
                _entries[key] = value;
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
