using System.Collections.Concurrent;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>Where a payload lies in a <see cref="PayloadStore"/>.</summary>
internal readonly record struct PayloadSlice(int Chunk, int Start, int Length);

/// <summary>
/// Keeps the bytes of many payloads in large chunks that are used again and again, so that a quarter of an hour of readings costs the garbage collector
/// nothing. Not thread-safe; disposing gives the chunks back.
/// </summary>
internal sealed class PayloadStore : IDisposable
{
    private const int ChunkBytes = 1 << 20;
    private const int FreeChunks = 64;

    private static readonly ConcurrentBag<byte[]> Free = [];

    private readonly List<byte[]> _chunks = [];
    private int _used = ChunkBytes;

    public PayloadSlice Add(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > ChunkBytes)
        {
            _chunks.Add(payload.ToArray());
            _used = ChunkBytes;
            return new PayloadSlice(_chunks.Count - 1, 0, payload.Length);
        }

        if (payload.Length > ChunkBytes - _used)
        {
            _chunks.Add(Free.TryTake(out var chunk) ? chunk : GC.AllocateUninitializedArray<byte>(ChunkBytes));
            _used = 0;
        }

        payload.CopyTo(_chunks[^1].AsSpan(_used));
        var slice = new PayloadSlice(_chunks.Count - 1, _used, payload.Length);
        _used += payload.Length;
        return slice;
    }

    public ReadOnlyMemory<byte> Read(PayloadSlice slice) => _chunks[slice.Chunk].AsMemory(slice.Start, slice.Length);

    public void Dispose()
    {
        foreach (var chunk in _chunks)
        {
            if (chunk.Length == ChunkBytes && Free.Count < FreeChunks)
            {
                Free.Add(chunk);
            }
        }

        _chunks.Clear();
        _used = ChunkBytes;
    }
}
