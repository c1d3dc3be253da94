namespace SmartCity.Streams.Engine.State;

/// <summary>A change to the store: a null value deletes.</summary>
internal readonly record struct StoreWrite(byte[] Key, byte[]? Value);

/// <summary>
/// A local key-value store in unsigned byte order of keys. It only ever holds committed data: one <see cref="Apply"/> a transaction, atomic, together
/// with the changelog offset it stands for. Durability comes from the changelog, so writes need no log of their own.
/// </summary>
internal interface IStateStore : IDisposable
{
    /// <summary>The changelog offset (exclusive) that the contents stand for; null when the store is new.</summary>
    long? CheckpointOffset { get; }

    /// <summary>The value of a key, or null.</summary>
    byte[]? Get(ReadOnlySpan<byte> key);

    /// <summary>The entries with <paramref name="from"/> ≤ key &lt; <paramref name="to"/>, in order; it sees the store as it was when the scan began.</summary>
    IEnumerable<(byte[] Key, byte[] Value)> Scan(byte[] from, byte[] to);

    /// <summary>Applies writes in one atomic batch and moves the checkpoint (unless <paramref name="changelogOffset"/> is null).</summary>
    void Apply(IReadOnlyCollection<StoreWrite> writes, long? changelogOffset);

    /// <summary>Makes everything applied so far survive a crash of the machine, as far as it cheaply can; called on a clean close and now and then.</summary>
    void Flush();
}
