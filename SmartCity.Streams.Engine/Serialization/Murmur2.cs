using System.Buffers.Binary;

namespace SmartCity.Streams.Engine.Serialization;

/// <summary>The hash of Kafka's Java partitioner (MurmurHash2, seed 0x9747b28c), so that keys land where every Java client would put them.</summary>
internal static class Murmur2
{
    public static int Partition(ReadOnlySpan<byte> key, int partitions) => (Hash(key) & 0x7FFFFFFF) % partitions;

    public static int Hash(ReadOnlySpan<byte> data)
    {
        const uint m = 0x5bd1e995;
        const int r = 24;
        unchecked
        {
            var h = 0x9747b28c ^ (uint)data.Length;
            while (data.Length >= 4)
            {
                var k = BinaryPrimitives.ReadUInt32LittleEndian(data);
                k *= m;
                k ^= k >> r;
                k *= m;
                h = (h * m) ^ k;
                data = data[4..];
            }

            switch (data.Length)
            {
                case 3:
                    h = (h ^ ((uint)data[2] << 16) ^ ((uint)data[1] << 8) ^ data[0]) * m;
                    break;
                case 2:
                    h = (h ^ ((uint)data[1] << 8) ^ data[0]) * m;
                    break;
                case 1:
                    h = (h ^ data[0]) * m;
                    break;
            }

            h ^= h >> 13;
            h *= m;
            return (int)(h ^ (h >> 15));
        }
    }
}
