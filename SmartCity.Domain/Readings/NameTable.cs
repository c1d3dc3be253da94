using System.IO.Hashing;
using System.Text;

namespace SmartCity.Domain.Readings;

/// <summary>
/// The valid names seen lately, so that a known one costs neither an allocation nor a check. Two generations bound it: when the younger is full it
/// becomes the older and the older is dropped, so names in use stay and a flood of made-up ones cannot grow it.
/// </summary>
internal sealed class NameTable
{
    private readonly int _generationSize;
    private readonly long _seed = Random.Shared.NextInt64();
    private Generation _young = new();
    private Generation _old = new();

    /// <summary>Makes a table of at most twice <paramref name="generationSize"/> names.</summary>
    public NameTable(int generationSize = 65_536) => _generationSize = generationSize;

    /// <summary>The names held.</summary>
    public int Count => _young.Count + _old.Count;

    /// <summary>The string of a valid name in UTF-8 (whose bytes are known to be that), or null when the text is no valid name.</summary>
    public string? Find(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty || utf8.Length > Names.MaxUtf8Bytes)
        {
            return null;
        }

        var hash = (uint)XxHash3.HashToUInt64(utf8, _seed);
        return _young.Find(hash, utf8)?.Text ?? FindOlder(hash, utf8);
    }

    private string? FindOlder(uint hash, ReadOnlySpan<byte> utf8)
    {
        var name = _old.Find(hash, utf8);
        if (name is null)
        {
            name = new Name(hash, utf8.ToArray(), Encoding.UTF8.GetString(utf8));
            if (!Names.IsValid(name.Text))
            {
                return null;
            }
        }

        if (_young.Count >= _generationSize)
        {
            (_young, _old) = (_old, _young);
            _young.Clear();
        }

        _young.Add(name);
        return name.Text;
    }

    private sealed class Name(uint hash, byte[] utf8, string text)
    {
        public uint Hash => hash;

        public string Text => text;

        public bool Is(ReadOnlySpan<byte> other) => other.SequenceEqual(utf8);
    }

    /// <summary>A hash table with linear probing, at most half full.</summary>
    private sealed class Generation
    {
        private Slot[] _slots = new Slot[64];

        public int Count { get; private set; }

        public Name? Find(uint hash, ReadOnlySpan<byte> utf8)
        {
            var slots = _slots;
            for (var i = hash; ; i++)
            {
                ref readonly var slot = ref slots[i & (uint)(slots.Length - 1)];
                if (slot.Name is not { } name || (slot.Hash == hash && name.Is(utf8)))
                {
                    return slot.Name;
                }
            }
        }

        public void Add(Name name)
        {
            if (++Count * 2 > _slots.Length)
            {
                var old = _slots;
                _slots = new Slot[old.Length * 2];
                foreach (var slot in old)
                {
                    if (slot.Name is { } known)
                    {
                        Place(known);
                    }
                }
            }

            Place(name);
        }

        public void Clear()
        {
            Array.Clear(_slots);
            Count = 0;
        }

        private void Place(Name name)
        {
            var i = name.Hash & (uint)(_slots.Length - 1);
            while (_slots[i].Name is not null)
            {
                i = (i + 1) & (uint)(_slots.Length - 1);
            }

            _slots[i] = new Slot(name.Hash, name);
        }

        private readonly record struct Slot(uint Hash, Name? Name);
    }
}
