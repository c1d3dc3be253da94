using System.Buffers;
using System.Buffers.Binary;

using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Streams.Engine.Windows;

/// <summary>
/// What a combine task sends to one repartition partition at a commit: everything it combined from the input offsets [From, To), and its stream time. A large block comes
/// in chunks; stream time counts once the last one is merged.
/// </summary>
internal readonly record struct BlockHeader(
    ulong Fingerprint, int Epoch, int InputPartition, long FromOffset, long ToOffset, int Chunk, bool IsLast, long StreamTimeMs, int Entries);

/// <summary>
/// The bytes of a block: format (1), fingerprint (8, little-endian), then varints: epoch, input partition, from, to, chunk, last, stream time (zigzag), entries;
/// then each entry: group (length, bytes), slice start (zigzag), closed windows k, aggregate (length, bytes).
/// </summary>
internal static class BlockFormat
{
    public const byte Version = 1;

    public const int MaxEntries = 10_000_000;

    public static void WriteHeader(IBufferWriter<byte> output, in BlockHeader header)
    {
        var start = output.GetSpan(9);
        start[0] = Version;
        BinaryPrimitives.WriteUInt64LittleEndian(start[1..], header.Fingerprint);
        output.Advance(9);
        VarInt.Write(output, (ulong)header.Epoch);
        VarInt.Write(output, (ulong)header.InputPartition);
        VarInt.Write(output, (ulong)header.FromOffset);
        VarInt.Write(output, (ulong)header.ToOffset);
        VarInt.Write(output, (ulong)header.Chunk);
        VarInt.Write(output, header.IsLast ? 1UL : 0UL);
        VarInt.WriteSigned(output, header.StreamTimeMs);
        VarInt.Write(output, (ulong)header.Entries);
    }

    public static BlockHeader ReadHeader(ref ByteReader reader)
    {
        var version = reader.ReadByte();
        if (version != Version)
        {
            throw OtherVersionException.Of("block", version, Version);
        }

        var fingerprint = BinaryPrimitives.ReadUInt64LittleEndian(reader.Take(8));
        return new BlockHeader(
            fingerprint,
            reader.ReadCount(int.MaxValue),
            reader.ReadCount(int.MaxValue),
            ReadOffset(ref reader),
            ReadOffset(ref reader),
            reader.ReadCount(int.MaxValue),
            reader.ReadCount(1) == 1,
            WindowStoreFormat.ReadStreamTime(ref reader),
            reader.ReadCount(MaxEntries));
    }

    private static long ReadOffset(ref ByteReader reader)
    {
        var value = reader.ReadVarInt();
        return value <= long.MaxValue ? (long)value : throw new FormatException($"{value} is no offset.");
    }
}
