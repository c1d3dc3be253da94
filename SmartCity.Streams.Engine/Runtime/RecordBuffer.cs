using Confluent.Kafka;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>
/// Copies a key or value from the client's memory into one reusable buffer, so that reading allocates nothing per record. What the client hands on is
/// only the length, or -1 for null; the bytes stay valid until the next record is consumed.
/// </summary>
internal sealed class RecordBuffer : IDeserializer<int>
{
    private byte[] _buffer = new byte[4096];

    public int Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
    {
        if (isNull)
        {
            return -1;
        }

        if (data.Length > _buffer.Length)
        {
            _buffer = new byte[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)data.Length)];
        }

        data.CopyTo(_buffer);
        return data.Length;
    }

    public ReadOnlySpan<byte> Bytes(int length) => length <= 0 ? default : _buffer.AsSpan(0, length);
}
