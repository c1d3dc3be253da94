namespace SmartCity.Streams.Engine.State;

/// <summary>Unsigned byte order, the order of keys in a store.</summary>
internal sealed class ByteOrder : IComparer<byte[]>
{
    public static ByteOrder Instance { get; } = new();

    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
}
