using System.Buffers;
using System.Buffers.Binary;

using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Windows;

/// <summary>How far one input partition has come, as the window task knows it.</summary>
/// <param name="NextOffset">The from_offset that its next block must have; null before the first.</param>
/// <param name="NextChunk">The chunk that is due of a block in progress; 0 between blocks.</param>
/// <param name="StreamTimeMs">S_p.</param>
internal readonly record struct InputProgress(long? NextOffset, int NextChunk, long StreamTimeMs)
{
    public static InputProgress Start { get; } = new(null, 0, CombineTask.NoStreamTime);
}

/// <summary>What a window task knows as a whole.</summary>
/// <param name="Fingerprint">The topology that made the state.</param>
/// <param name="Epoch">The epoch of the state.</param>
/// <param name="WatermarkMs">W.</param>
/// <param name="WatermarkBlock">The repartition offset of the block that moved W there: the revision of the rows that it makes final.</param>
/// <param name="ProcessedTo">The repartition offset after the last block merged.</param>
/// <param name="EmittedTo">Every window whose last block lies before this repartition offset has been emitted as it stands.</param>
internal readonly record struct WindowStoreMeta(ulong Fingerprint, int Epoch, long WatermarkMs, long WatermarkBlock, long ProcessedTo, long EmittedTo);

/// <summary>
/// The keys and values of a window store and of its changelog. Windows sort by end, so that those the watermark passes lie together:
/// <c>w</c> end (8 bytes, big-endian, sign flipped) group → last block, aggregate; <c>p</c> input partition (4 bytes) → progress; <c>m</c> → meta.
/// </summary>
internal static class WindowStoreFormat
{
    public static readonly byte[] MetaKey = [(byte)'m'];

    /// <summary>Before every window.</summary>
    public static readonly byte[] FirstWindow = WindowKey(long.MinValue, []);

    /// <summary>After every window.</summary>
    public static readonly byte[] AfterWindows = [(byte)'w' + 1];

    private const byte Version = 1;
    private const int WindowPrefixBytes = 9;

    public static byte[] WindowKey(long endMs, ReadOnlySpan<byte> group)
    {
        var key = new byte[WindowPrefixBytes + group.Length];
        key[0] = (byte)'w';
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(1), (ulong)endMs ^ (1UL << 63));
        group.CopyTo(key.AsSpan(WindowPrefixBytes));
        return key;
    }

    /// <summary>True for the key of a window, of an input's progress, or of the task as a whole.</summary>
    public static bool IsKey(ReadOnlySpan<byte> key) => key.Length > 0 && key[0] switch
    {
        (byte)'w' => key.Length >= WindowPrefixBytes,
        (byte)'p' => key.Length == 5,
        (byte)'m' => key.Length == 1,
        _ => false,
    };

    public static bool IsWindowKey(ReadOnlySpan<byte> key) => key[0] == (byte)'w';

    public static long WindowEnd(ReadOnlySpan<byte> key) => (long)(BinaryPrimitives.ReadUInt64BigEndian(key[1..]) ^ (1UL << 63));

    public static ReadOnlySpan<byte> Group(ReadOnlySpan<byte> key) => key[WindowPrefixBytes..];

    public static void WriteWindowHead(IBufferWriter<byte> output, long lastBlock) => VarInt.WriteSigned(output, lastBlock);

    public static long ReadWindowHead(ref ByteReader reader) => reader.ReadSigned();

    public static byte[] ProgressKey(int inputPartition)
    {
        var key = new byte[5];
        key[0] = (byte)'p';
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(1), inputPartition);
        return key;
    }

    public static byte[] Write(in InputProgress progress, ArrayBufferWriter<byte> scratch)
    {
        scratch.ResetWrittenCount();
        VarInt.WriteSigned(scratch, progress.NextOffset ?? -1);
        VarInt.Write(scratch, (ulong)progress.NextChunk);
        VarInt.WriteSigned(scratch, progress.StreamTimeMs);
        return scratch.WrittenSpan.ToArray();
    }

    public static InputProgress ReadProgress(ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        var next = reader.ReadSigned();
        return new InputProgress(next < 0 ? null : next, reader.ReadCount(int.MaxValue), ReadStreamTime(ref reader));
    }

    public static long ReadStreamTime(ref ByteReader reader)
    {
        var ms = reader.ReadSigned();
        return TimeWindows.IsStreamTime(ms) ? ms : throw new FormatException($"{ms} is no stream time.");
    }

    public static byte[] Write(in WindowStoreMeta meta, ArrayBufferWriter<byte> scratch)
    {
        scratch.ResetWrittenCount();
        VarInt.Write(scratch, Version);
        VarInt.Write(scratch, meta.Fingerprint);
        VarInt.Write(scratch, (ulong)meta.Epoch);
        VarInt.WriteSigned(scratch, meta.WatermarkMs);
        VarInt.WriteSigned(scratch, meta.WatermarkBlock);
        VarInt.WriteSigned(scratch, meta.ProcessedTo);
        VarInt.WriteSigned(scratch, meta.EmittedTo);
        return scratch.WrittenSpan.ToArray();
    }

    public static WindowStoreMeta ReadMeta(ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        var version = reader.ReadVarInt();
        return version == Version
            ? new WindowStoreMeta(reader.ReadVarInt(), reader.ReadCount(int.MaxValue), ReadStreamTime(ref reader), reader.ReadSigned(), reader.ReadSigned(), reader.ReadSigned())
            : throw OtherVersionException.Of("state", version, Version);
    }
}
