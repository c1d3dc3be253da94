using System.Runtime.CompilerServices;

namespace SmartCity.Domain.Lake;

/// <summary>One entry directly in a folder of the lake: an object, or a sub-folder (its key ends in a slash).</summary>
internal readonly record struct LakeEntry(string Key, LakeObject? Object)
{
    public bool IsFolder => Object is null;
}

/// <summary>
/// Walks a store folder by folder, in UTF-8 byte order of key, leaving out whole sub-folders that lie before the start: for stores that can list one
/// folder but not start in the middle.
/// </summary>
internal static class LakeTree
{
    /// <summary>The objects under <paramref name="prefix"/> after <paramref name="startAfter"/>.</summary>
    /// <param name="prefix">What keys start with; need not end at a slash.</param>
    /// <param name="startAfter">The key to start after; null for the first.</param>
    /// <param name="listFolder">Lists what lies directly in a folder, in any order.</param>
    /// <param name="listWhole">Lists everything under a folder, in order, where the store can do that in one go; null to walk.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    public static async IAsyncEnumerable<LakeObject> WalkAsync(
        string prefix,
        string? startAfter,
        Func<string, CancellationToken, Task<List<LakeEntry>>> listFolder,
        Func<string, CancellationToken, IAsyncEnumerable<LakeObject>>? listWhole,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pending = new Stack<LakeEntry>();
        pending.Push(new LakeEntry(LakeKeys.FolderOf(prefix), null));
        while (pending.TryPop(out var entry))
        {
            if (entry.Object is { } found)
            {
                yield return found;
            }
            else if (listWhole is not null && entry.Key.StartsWith(prefix, StringComparison.Ordinal) && IsWhollyAfter(entry.Key, startAfter))
            {
                await foreach (var item in listWhole(entry.Key, cancellationToken))
                {
                    yield return item;
                }
            }
            else
            {
                var entries = await listFolder(entry.Key, cancellationToken);
                entries.RemoveAll(e => !Wanted(e, prefix, startAfter));
                entries.Sort(static (a, b) => LakeKeys.Compare(b.Key, a.Key));
                entries.ForEach(pending.Push);
            }
        }
    }

    private static bool Wanted(LakeEntry entry, string prefix, string? startAfter)
    {
        var underPrefix = entry.Key.StartsWith(prefix, StringComparison.Ordinal)
            || (entry.IsFolder && prefix.StartsWith(entry.Key, StringComparison.Ordinal));
        if (!underPrefix || startAfter is null)
        {
            return underPrefix;
        }

        return LakeKeys.Compare(entry.Key, startAfter) > 0 || (entry.IsFolder && startAfter.StartsWith(entry.Key, StringComparison.Ordinal));
    }

    private static bool IsWhollyAfter(string folder, string? startAfter)
        => startAfter is null || (LakeKeys.Compare(folder, startAfter) > 0 && !startAfter.StartsWith(folder, StringComparison.Ordinal));
}
