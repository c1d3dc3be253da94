using System.IO.Hashing;

using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Streams.Engine.Windows;

/// <summary>A group together with its bytes, which say all about it: comparing and hashing it need not look at the group itself.</summary>
internal sealed class KnownGroup<TGroup>(TGroup value, byte[] bytes, int hash) : IEquatable<KnownGroup<TGroup>>
{
    public TGroup Value => value;

    public byte[] Bytes => bytes;

    public bool Equals(KnownGroup<TGroup>? other) => ReferenceEquals(this, other) || (other is not null && Is(other.GetHashCode(), other.Bytes));

    public bool Is(int otherHash, ReadOnlySpan<byte> otherBytes) => hash == otherHash && otherBytes.SequenceEqual(bytes);

    public override bool Equals(object? obj) => Equals(obj as KnownGroup<TGroup>);

    public override int GetHashCode() => hash;
}

/// <summary>Finds the group that bytes stand for, without reading them anew each time. It forgets all groups now and then, so that it cannot grow for ever.</summary>
internal sealed class GroupTable<TGroup>(ISerde<TGroup> serde)
{
    private const int MostGroups = 65_536;

    private readonly long _seed = Random.Shared.NextInt64();
    private KnownGroup<TGroup>?[] _slots = new KnownGroup<TGroup>?[256];
    private int _count;

    /// <summary>The group of these bytes; throws <see cref="FormatException"/> where they are none.</summary>
    public KnownGroup<TGroup> Of(ReadOnlySpan<byte> bytes)
    {
        var hash = (int)XxHash3.HashToUInt64(bytes, _seed);
        var at = hash & (_slots.Length - 1);
        while (_slots[at] is { } known)
        {
            if (known.Is(hash, bytes))
            {
                return known;
            }

            at = (at + 1) & (_slots.Length - 1);
        }

        var group = new KnownGroup<TGroup>(serde.Read(bytes), bytes.ToArray(), hash);
        _slots[at] = group;
        if (++_count * 2 > _slots.Length)
        {
            Grow();
        }

        return group;
    }

    private void Grow()
    {
        var old = _count < MostGroups ? _slots : [];
        _slots = new KnownGroup<TGroup>?[_slots.Length * (old.Length > 0 ? 2 : 1)];
        _count = 0;
        foreach (var group in old)
        {
            if (group is not null)
            {
                var at = group.GetHashCode() & (_slots.Length - 1);
                while (_slots[at] is not null)
                {
                    at = (at + 1) & (_slots.Length - 1);
                }

                _slots[at] = group;
                _count++;
            }
        }
    }
}
