using System.Buffers;
using System.Buffers.Binary;

using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Windows;

/// <summary>How often a page was visited, and for how long in all.</summary>
internal sealed class Stay
{
    public long Visits { get; set; }

    public long Milliseconds { get; set; }
}

/// <summary>Adds stays up. Integers: the order in which they are merged cannot matter.</summary>
internal sealed class StayAggregator : IMergeableAggregator<long, Stay>
{
    public Stay Create() => new();

    public void Clear(Stay stay) => (stay.Visits, stay.Milliseconds) = (0, 0);

    public void Add(Stay stay, in long value, in RecordPosition position) => (stay.Visits, stay.Milliseconds) = (stay.Visits + 1, stay.Milliseconds + value);

    public void Merge(Stay into, Stay from) => (into.Visits, into.Milliseconds) = (into.Visits + from.Visits, into.Milliseconds + from.Milliseconds);

    public void Write(Stay stay, IBufferWriter<byte> output)
    {
        var bytes = output.GetSpan(16);
        BinaryPrimitives.WriteInt64BigEndian(bytes, stay.Visits);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], stay.Milliseconds);
        output.Advance(16);
    }

    public void Read(Stay into, ReadOnlySpan<byte> bytes) => (into.Visits, into.Milliseconds) = bytes.Length == 16
        ? (BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]))
        : throw new FormatException($"A stay has 16 bytes, not {bytes.Length}.");
}
