using System.Buffers;

namespace SmartCity.Streams.Engine.Serialization;

/// <summary>LEB128 integers (zigzag for signed ones), and a reader that refuses what is cut short or too long.</summary>
internal static class VarInt
{
    private const int MaxBytes = 10;

    public static void Write(IBufferWriter<byte> output, ulong value)
    {
        var span = output.GetSpan(MaxBytes);
        var length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        output.Advance(length);
    }

    public static void WriteSigned(IBufferWriter<byte> output, long value) => Write(output, (ulong)((value << 1) ^ (value >> 63)));

    public static void WriteBytes(IBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        Write(output, (ulong)bytes.Length);
        output.Write(bytes);
    }
}

/// <summary>Reads what <see cref="VarInt"/> wrote; every method throws <see cref="FormatException"/> when the bytes end early.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte ReadByte() => Take(1)[0];

    public ulong ReadVarInt()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = ReadByte();
            if (shift == 63 && b > 1)
            {
                break;
            }

            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("A variable-length integer is too long.");
    }

    public long ReadSigned()
    {
        var zigzag = ReadVarInt();
        return (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
    }

    public int ReadCount(int max)
    {
        var value = ReadVarInt();
        return value <= (ulong)max ? (int)value : throw new FormatException($"A count of {value} is above the limit of {max}.");
    }

    public ReadOnlySpan<byte> ReadBytes() => Take(ReadCount(int.MaxValue));

    public ReadOnlySpan<byte> Rest()
    {
        var rest = _rest;
        _rest = default;
        return rest;
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new FormatException($"The bytes end early: {count} wanted, {_rest.Length} left.");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
