using System.Buffers.Binary;

namespace SmartCity.Domain.Aggregates;

/// <summary>Writes numbers in few bytes into a span that is large enough.</summary>
internal ref struct PackedWriter(Span<byte> output)
{
    private readonly Span<byte> _output = output;

    /// <summary>The bytes written so far.</summary>
    public int Written { get; private set; }

    public void Byte(byte value) => _output[Written++] = value;

    /// <summary>Seven bits a byte, the lowest first.</summary>
    public void Unsigned(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    /// <summary>Small magnitudes of either sign in few bytes (zigzag).</summary>
    public void Signed(long value) => Unsigned((ulong)((value << 1) ^ (value >> 63)));

    public void Double(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(_output[Written..], value);
        Written += sizeof(double);
    }

    /// <summary>The number of bytes that matter, then those of the zigzag form, the lowest first.</summary>
    public void Wide(Int128 value)
    {
        var zigzag = (UInt128)((value << 1) ^ (value >> 127));
        var length = (128 - (int)UInt128.LeadingZeroCount(zigzag) + 7) / 8;
        Byte((byte)length);
        BinaryPrimitives.WriteUInt128LittleEndian(_output[Written..], zigzag);
        Written += length;
    }
}

/// <summary>Reads what a <see cref="PackedWriter"/> wrote; throws <see cref="FormatException"/> on whatever it would have written otherwise.</summary>
internal ref struct PackedReader(ReadOnlySpan<byte> input)
{
    private readonly ReadOnlySpan<byte> _input = input;
    private int _at;

    /// <summary>True when all is read.</summary>
    public readonly bool AtEnd => _at == _input.Length;

    public byte Byte()
    {
        if (_at >= _input.Length)
        {
            ThrowTruncated();
        }

        return _input[_at++];
    }

    public ulong Unsigned()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                if ((next == 0 && shift > 0) || (shift == 63 && next > 1))
                {
                    ThrowNotMinimal();
                }

                return value;
            }

            if (shift == 63)
            {
                ThrowNotMinimal();
            }
        }
    }

    public long Signed()
    {
        var zigzag = Unsigned();
        return (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
    }

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    public Int128 Wide()
    {
        int length = Byte();
        if (length > 16)
        {
            ThrowNotMinimal();
        }

        var bytes = Take(length);
        if (length > 0 && bytes[^1] == 0)
        {
            ThrowNotMinimal();
        }

        ulong low, high;
        if (_input.Length - _at >= 16 - length)
        {
            // The bytes after the number are there to be read along, and cut off.
            low = BinaryPrimitives.ReadUInt64LittleEndian(_input[(_at - length)..]) & Mask(length);
            high = BinaryPrimitives.ReadUInt64LittleEndian(_input[(_at - length + 8)..]) & Mask(length - 8);
        }
        else
        {
            Span<byte> padded = stackalloc byte[16];
            padded.Clear();
            bytes.CopyTo(padded);
            low = BinaryPrimitives.ReadUInt64LittleEndian(padded);
            high = BinaryPrimitives.ReadUInt64LittleEndian(padded[8..]);
        }

        var zigzag = new UInt128(high, low);
        return (Int128)(zigzag >> 1) ^ -(Int128)(zigzag & 1);
    }

    private static ulong Mask(int bytes) => bytes <= 0 ? 0 : bytes >= 8 ? ulong.MaxValue : (1UL << (8 * bytes)) - 1;

    private ReadOnlySpan<byte> Take(int length)
    {
        if (_input.Length - _at < length)
        {
            ThrowTruncated();
        }

        _at += length;
        return _input.Slice(_at - length, length);
    }

    private static void ThrowTruncated() => throw new FormatException("The bytes end too early.");

    private static void ThrowNotMinimal() => throw new FormatException("A number takes more bytes than it needs.");
}
