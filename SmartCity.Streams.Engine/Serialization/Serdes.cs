using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SmartCity.Streams.Engine.Serialization;

/// <summary>The serdes that come with the engine; their bytes are those of Kafka's own serializers, so that other clients can read them.</summary>
public static class Serdes
{
    /// <summary>UTF-8 text.</summary>
    public static ISerde<string> Text { get; } = new TextSerde();

    /// <summary>A 64-bit integer, big-endian.</summary>
    public static ISerde<long> Int64 { get; } = new Int64Serde();

    /// <summary>Bytes as they are.</summary>
    public static ISerde<byte[]> Bytes { get; } = new BytesSerde();

    /// <summary>For keys that nobody looks at: reads nothing, writes nothing.</summary>
    public static ISerde<Unit> Ignored { get; } = new UnitSerde();

    internal static byte[] ToBytes<T>(this ISerde<T> serde, T value, ArrayBufferWriter<byte> scratch)
    {
        scratch.ResetWrittenCount();
        serde.Write(value, scratch);
        return scratch.WrittenSpan.ToArray();
    }

    private sealed class TextSerde : ISerde<string>
    {
        private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

        public void Write(string value, IBufferWriter<byte> output) => Strict.GetBytes(value, output);

        public string Read(ReadOnlySpan<byte> bytes)
        {
            try
            {
                return Strict.GetString(bytes);
            }
            catch (DecoderFallbackException e)
            {
                throw new FormatException("The bytes are not UTF-8 text.", e);
            }
        }
    }

    private sealed class Int64Serde : ISerde<long>
    {
        public void Write(long value, IBufferWriter<byte> output)
        {
            BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(sizeof(long)), value);
            output.Advance(sizeof(long));
        }

        public long Read(ReadOnlySpan<byte> bytes) => bytes.Length == sizeof(long)
            ? BinaryPrimitives.ReadInt64BigEndian(bytes)
            : throw new FormatException($"A 64-bit integer has 8 bytes, not {bytes.Length}.");
    }

    private sealed class BytesSerde : ISerde<byte[]>
    {
        public void Write(byte[] value, IBufferWriter<byte> output) => output.Write(value);

        public byte[] Read(ReadOnlySpan<byte> bytes) => bytes.ToArray();
    }

    private sealed class UnitSerde : ISerde<Unit>
    {
        public void Write(Unit value, IBufferWriter<byte> output)
        {
        }

        public Unit Read(ReadOnlySpan<byte> bytes) => default;
    }
}

/// <summary>A value that says nothing.</summary>
public readonly record struct Unit;
