namespace SmartCity.Streams.Sinks.Lake;

/// <summary>The memory that all lake batches of this process may hold together. Shared by the lake's sinks, which run on threads of their own.</summary>
internal sealed class LakeBudget(long bytes)
{
    private long _held;

    public long Held => Interlocked.Read(ref _held);

    /// <summary>True when batches should be cut early.</summary>
    public bool IsExceeded => Held >= bytes;

    public void Take(long taken) => Interlocked.Add(ref _held, taken);

    public void Release(long released) => Interlocked.Add(ref _held, -released);
}
