using Confluent.Kafka;

namespace SmartCity.Streams.Sinks;

/// <summary>
/// Leaves a record's value in one buffer that the next record overwrites, and gives its length (-1 for a tombstone): so reading allocates nothing for
/// values, of which the sink keeps what it needs.
/// </summary>
internal sealed class ScratchDeserializer : IDeserializer<int>
{
    private byte[] _buffer = new byte[4096];

    public ReadOnlySpan<byte> Value(int length) => _buffer.AsSpan(0, Math.Max(0, length));

    public int Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
    {
        if (isNull)
        {
            return -1;
        }

        if (data.Length > _buffer.Length)
        {
            _buffer = new byte[Math.Max(data.Length, _buffer.Length * 2)];
        }

        data.CopyTo(_buffer);
        return data.Length;
    }
}
