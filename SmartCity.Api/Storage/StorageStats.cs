using SmartCity.Api.Configuration;
using SmartCity.Domain.Lake;

namespace SmartCity.Api.Storage;

/// <summary>The objects and bytes of a part of the lake.</summary>
internal readonly record struct StorageSize(long Objects, long Bytes)
{
    public StorageSize Plus(long bytes) => new(Objects + 1, Bytes + bytes);
}

/// <summary>What is in the lake, as counted at some time.</summary>
/// <param name="CountedAt">When counting ended.</param>
/// <param name="Total">All of it.</param>
/// <param name="ByRoot">By top folder, e.g. <c>raw-data</c>.</param>
/// <param name="ByType">By sensor type, all roots together.</param>
/// <param name="Newest">When the newest object was written; null in an empty lake.</param>
internal sealed record StorageCount(
    DateTimeOffset CountedAt, StorageSize Total, IReadOnlyDictionary<string, StorageSize> ByRoot, IReadOnlyDictionary<string, StorageSize> ByType, DateTimeOffset? Newest);

/// <summary>
/// Counts the lake, at most once a minute and only when asked. Listing everything may take long, so a request never does it: it gets the last count, and
/// a stale one is counted anew in the background.
/// </summary>
internal sealed class StorageStats(IObjectStore lake, TimeProvider clock)
{
    /// <summary>How long a count is good for.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    private const string TypeFolder = "sensor_type=";

    private readonly Lock _gate = new();
    private Task<StorageCount>? _counting;
    private StorageCount? _last;

    /// <summary>The last count; the first request of all waits for it.</summary>
    /// <exception cref="LakeUnavailableException">The lake could not be listed, and there is no count from before.</exception>
    public async Task<StorageCount> GetAsync(CancellationToken cancellationToken)
    {
        Task<StorageCount> counting;
        lock (_gate)
        {
            if (_last is not null && clock.GetUtcNow() - _last.CountedAt < Lifetime)
            {
                return _last;
            }

            counting = _counting is { IsCompleted: false } ? _counting : _counting = Task.Run(CountAsync, CancellationToken.None);
            if (_last is not null)
            {
                return _last;
            }
        }

        return await counting.WaitAsync(cancellationToken);
    }

    private async Task<StorageCount> CountAsync()
    {
        var total = default(StorageSize);
        var byRoot = new SortedDictionary<string, StorageSize>(StringComparer.Ordinal);
        var byType = new SortedDictionary<string, StorageSize>(StringComparer.Ordinal);
        DateTimeOffset? newest = null;
        await foreach (var found in lake.ListAsync("", null, CancellationToken.None))
        {
            total = total.Plus(found.Size);
            string[] folders = found.Key.Split('/', 3);
            Add(byRoot, folders.Length > 1 ? folders[0] : "", found.Size);
            if (folders.Length > 2 && folders[1].StartsWith(TypeFolder, StringComparison.Ordinal))
            {
                Add(byType, folders[1][TypeFolder.Length..], found.Size);
            }

            newest = newest is null || found.LastModified > newest ? found.LastModified : newest;
        }

        var count = new StorageCount(clock.GetUtcNow(), total, byRoot, byType, newest);
        lock (_gate)
        {
            _last = count;
        }

        return count;
    }

    private static void Add(SortedDictionary<string, StorageSize> sizes, string name, long bytes) => sizes[name] = sizes.GetValueOrDefault(name).Plus(bytes);
}
