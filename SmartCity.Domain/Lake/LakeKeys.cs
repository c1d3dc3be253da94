using System.Text;

namespace SmartCity.Domain.Lake;

/// <summary>The rules every object key obeys, and their order: what S3 servers on a file system and a folder can both hold.</summary>
internal static class LakeKeys
{
    private const int MaxSegmentBytes = 255;
    private const int MaxKeyBytes = 1024;

    /// <summary>Throws <see cref="ArgumentException"/> for a key that could leave its folder, would be normalised to another, or no store could hold.</summary>
    public static void Validate(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (Encoding.UTF8.GetByteCount(key) > MaxKeyBytes)
        {
            throw new ArgumentException($"A key may have {MaxKeyBytes} bytes, and '{key}' has more.", nameof(key));
        }

        foreach (var range in key.AsSpan().Split('/'))
        {
            var segment = key.AsSpan()[range];
            if (segment.IsEmpty || segment is "." or ".." || segment.ContainsAny('\0', '\\') || Encoding.UTF8.GetByteCount(segment) > MaxSegmentBytes)
            {
                throw new ArgumentException($"'{segment}' is no segment for a key ('{key}'): empty, '.', '..', with a NUL or backslash, or longer than {MaxSegmentBytes} bytes.", nameof(key));
            }
        }
    }

    /// <summary>The folder part of a prefix, up to and including its last slash.</summary>
    public static string FolderOf(string prefix) => prefix[..(prefix.LastIndexOf('/') + 1)];

    /// <summary>Compares two keys as their UTF-8 bytes compare, which for surrogate pairs is not the order of UTF-16.</summary>
    public static int Compare(string left, string right)
    {
        var shared = Math.Min(left.Length, right.Length);
        for (var i = 0; i < shared; i++)
        {
            if (left[i] != right[i])
            {
                return Weigh(left[i]).CompareTo(Weigh(right[i]));
            }
        }

        return left.Length.CompareTo(right.Length);

        // Surrogates (D800-DFFF) stand for code points above U+FFFF and so come after E000-FFFF.
        static int Weigh(char c) => c >= '\uE000' ? c - 0x800 : char.IsSurrogate(c) ? c + 0x2000 : c;
    }
}
