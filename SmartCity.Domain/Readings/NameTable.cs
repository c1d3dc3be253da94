using System.Buffers.Binary;
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

        var print = Print.Of(utf8, _seed);
        return _young.Find(print, utf8) ?? FindOlder(print, utf8);
    }

    private string? FindOlder(Print print, ReadOnlySpan<byte> utf8)
    {
        var name = _old.Find(print, utf8);
        if (name is null)
        {
            name = Encoding.UTF8.GetString(utf8);
            if (!Names.IsValid(name))
            {
                return null;
            }
        }

        if (_young.Count >= _generationSize)
        {
            (_young, _old) = (_old, _young);
            _young.Clear();
        }

        _young.Add(print, name);
        return name;
    }

    /// <summary>Sixteen bytes and a length, which are all there is to a name of at most sixteen bytes; of a longer one its ends and a hash of all.</summary>
    private readonly record struct Print(ulong First, ulong Last, uint Length, uint Hash)
    {
        private const int WholeLength = 16;

        public bool IsWhole => Length <= WholeLength;

        public static Print Of(ReadOnlySpan<byte> utf8, long seed)
        {
            ulong first, last;
            if (utf8.Length >= 8)
            {
                first = BinaryPrimitives.ReadUInt64LittleEndian(utf8);
                last = BinaryPrimitives.ReadUInt64LittleEndian(utf8[^8..]);
            }
            else if (utf8.Length >= 4)
            {
                first = BinaryPrimitives.ReadUInt32LittleEndian(utf8);
                last = BinaryPrimitives.ReadUInt32LittleEndian(utf8[^4..]);
            }
            else
            {
                first = utf8[0];
                last = utf8[utf8.Length / 2] | ((ulong)utf8[^1] << 8);
            }

            return new Print(first, last, (uint)utf8.Length, utf8.Length <= WholeLength ? Mix(first, last, seed, utf8.Length) : (uint)XxHash3.HashToUInt64(utf8, seed));
        }

        private static uint Mix(ulong first, ulong last, long seed, int length)
        {
            var high = Math.BigMul(first ^ (ulong)seed, (last + (ulong)length) ^ 0x9E3779B97F4A7C15, out var low);
            var mixed = (high ^ low) * 0xD6E8FEB86659FD93;
            return (uint)(mixed >> 32);
        }
    }

    /// <summary>A hash table with linear probing, at most half full. A known short name is found without a look at the name itself.</summary>
    private sealed class Generation
    {
        private Slot[] _slots = new Slot[64];

        public int Count { get; private set; }

        public string? Find(in Print print, ReadOnlySpan<byte> utf8)
        {
            var slots = _slots;
            for (var i = print.Hash; ; i++)
            {
                ref readonly var slot = ref slots[i & (uint)(slots.Length - 1)];
                if (slot.Name is null || (slot.Print == print && (print.IsWhole || IsName(slot.Name, utf8))))
                {
                    return slot.Name;
                }
            }
        }

        public void Add(in Print print, string name)
        {
            if (++Count * 2 > _slots.Length)
            {
                var old = _slots;
                _slots = new Slot[old.Length * 2];
                foreach (var slot in old)
                {
                    if (slot.Name is not null)
                    {
                        Place(slot);
                    }
                }
            }

            Place(new Slot(print, name));
        }

        public void Clear()
        {
            Array.Clear(_slots);
            Count = 0;
        }

        private static bool IsName(string name, ReadOnlySpan<byte> utf8)
        {
            Span<byte> bytes = stackalloc byte[Names.MaxUtf8Bytes];
            return Encoding.UTF8.TryGetBytes(name, bytes, out var length) && utf8.SequenceEqual(bytes[..length]);
        }

        private void Place(in Slot slot)
        {
            var i = slot.Print.Hash & (uint)(_slots.Length - 1);
            while (_slots[i].Name is not null)
            {
                i = (i + 1) & (uint)(_slots.Length - 1);
            }

            _slots[i] = slot;
        }

        private readonly record struct Slot(Print Print, string? Name);
    }
}
