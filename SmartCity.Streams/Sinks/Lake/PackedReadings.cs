using System.Buffers;
using System.Buffers.Binary;

using ZstdSharp;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>
/// The readings of one folder of a batch while they wait to be written: their bytes, compressed in blocks as they come. A batch waits for minutes, and readings of one type and city
/// differ in little, so this takes a sixth of what they would take read; reading them again when they are written costs less than keeping them did.
/// </summary>
/// <remarks>Not thread-safe while it grows; what is complete may be unpacked by several threads.</remarks>
internal sealed class PackedReadings
{
    // Fast, and most of what there is to gain.
    private const int CompressionLevel = 1;

    private const int BlockBytes = 32 << 10;
    private const int FirstBytes = 1 << 10;

    /// <summary>Before each payload: its offset, record timestamp and length.</summary>
    private const int HeadBytes = 8 + 8 + 4;

    [ThreadStatic]
    private static Compressor? t_compressor; // one for all folders of a sink, whose readings come on one thread

    private readonly List<(byte[] Packed, int Length)> _blocks = [];
    private byte[] _open = [];
    private int _used;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The memory they take.</summary>
    public long Bytes { get; private set; }

    public void Add(long offset, long receivedAtMs, ReadOnlySpan<byte> payload)
    {
        var size = HeadBytes + payload.Length;
        if (_used > 0 && _used + size > BlockBytes)
        {
            Seal();
        }

        MakeRoom(_used + size);
        var at = _open.AsSpan(_used, size);
        BinaryPrimitives.WriteInt64LittleEndian(at, offset);
        BinaryPrimitives.WriteInt64LittleEndian(at[8..], receivedAtMs);
        BinaryPrimitives.WriteInt32LittleEndian(at[16..], payload.Length);
        payload.CopyTo(at[HeadBytes..]);
        _used += size;
        Count++;
    }

    /// <summary>The bytes as they came, block by block; <see cref="Read"/> takes them apart.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Unpack()
    {
        using var decompressor = new Decompressor();
        foreach (var (packed, length) in _blocks)
        {
            var block = GC.AllocateUninitializedArray<byte>(length);
            decompressor.Unwrap(packed, block);
            yield return block;
        }

        yield return _open.AsMemory(0, _used);
    }

    /// <summary>Takes the next reading from a block: false at its end.</summary>
    public static bool Read(ref ReadOnlyMemory<byte> block, out long offset, out long receivedAtMs, out ReadOnlyMemory<byte> payload)
    {
        if (block.IsEmpty)
        {
            (offset, receivedAtMs, payload) = (0, 0, default);
            return false;
        }

        var head = block.Span;
        offset = BinaryPrimitives.ReadInt64LittleEndian(head);
        receivedAtMs = BinaryPrimitives.ReadInt64LittleEndian(head[8..]);
        payload = block.Slice(HeadBytes, BinaryPrimitives.ReadInt32LittleEndian(head[16..]));
        block = block[(HeadBytes + payload.Length)..];
        return true;
    }

    private void Seal()
    {
        var compressor = t_compressor ??= new Compressor(CompressionLevel);
        var scratch = ArrayPool<byte>.Shared.Rent(Compressor.GetCompressBound(_used));
        var packed = scratch.AsSpan(0, compressor.Wrap(_open.AsSpan(0, _used), scratch)).ToArray();
        ArrayPool<byte>.Shared.Return(scratch);
        _blocks.Add((packed, _used));
        Bytes += packed.Length;
        _used = 0;
        if (_open.Length > BlockBytes)
        {
            Bytes -= _open.Length;
            _open = []; // It was made for one reading of unusual size.
        }
    }

    private void MakeRoom(int bytes)
    {
        if (bytes <= _open.Length)
        {
            return;
        }

        var room = FirstBytes;
        while (room < bytes)
        {
            room *= 2;
        }

        Bytes += room - _open.Length;
        Array.Resize(ref _open, room);
    }
}
