using System.Buffers;

namespace SmartCity.Streams.Engine.Serialization;

/// <summary>
/// Turns values into bytes and back. The form must be canonical: equal values give equal bytes, since groups are partitioned and looked up by them.
/// </summary>
/// <typeparam name="T">The type of the values.</typeparam>
public interface ISerde<T>
{
    /// <summary>Appends the bytes of a value.</summary>
    void Write(T value, IBufferWriter<byte> output);

    /// <summary>Reads a value from exactly these bytes; throws <see cref="FormatException"/> on anything else.</summary>
    T Read(ReadOnlySpan<byte> bytes);
}
