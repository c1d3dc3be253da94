using System.Runtime.CompilerServices;
using System.Text;

namespace SmartCity.Domain.Readings;

/// <summary>
/// The valid names seen lately, so that a known one costs neither an allocation nor a check. Two generations bound it: when the younger is full it
/// becomes the older and the older is dropped, so names in use stay and a flood of made-up ones cannot grow it.
/// </summary>
internal sealed class NameTable
{
    private readonly int _generationSize;
    private HashSet<string> _young;
    private HashSet<string> _old;

    /// <summary>Makes a table of at most twice <paramref name="generationSize"/> names.</summary>
    public NameTable(int generationSize = 16_384)
    {
        _generationSize = generationSize;
        _young = [];
        _old = [];
    }

    /// <summary>The names held.</summary>
    public int Count => _young.Count + _old.Count;

    /// <summary>The string of a valid name in UTF-8, or null when the text is no valid name.</summary>
    [SkipLocalsInit]
    public string? Find(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty || utf8.Length > Names.MaxUtf8Bytes)
        {
            return null;
        }

        Span<char> buffer = stackalloc char[Names.MaxUtf8Bytes];
        var name = buffer[..Encoding.UTF8.GetChars(utf8, buffer)];
        if (_young.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var known))
        {
            return known;
        }

        if (!_old.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out known))
        {
            known = name.ToString();
            if (!Names.IsValid(known))
            {
                return null;
            }
        }

        Remember(known);
        return known;
    }

    private void Remember(string name)
    {
        if (_young.Count >= _generationSize)
        {
            (_young, _old) = (_old, _young);
            _young.Clear();
        }

        _young.Add(name);
    }
}
