using System.Globalization;

using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Sinks.Lake;

namespace SmartCity.Streams.Lake.Compaction;

/// <summary>How to merge.</summary>
internal sealed record CompactOptions
{
    /// <summary>False only to say what would be merged.</summary>
    public bool Apply { get; init; }

    /// <summary>The time since the end of a day before it is merged, so that few late readings come after. Default one day.</summary>
    public TimeSpan OlderThan { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The size at which an object ends. Default 256 MiB.</summary>
    public long TargetBytes { get; init; } = 256L << 20;

    /// <summary>What readings may take in memory before they go to disk to be sorted. Default 64 MiB.</summary>
    public long MemoryBytes { get; init; } = 64L << 20;
}

/// <summary>
/// Merges the raw objects of closed days into few large ones under a root of their own. It only ever adds: a raw object that comes to a merged day later, with late readings,
/// is merged by the next run into a further object. So whoever reads that root sees each reading once or not yet, and no object ever changes.
/// </summary>
internal sealed class Compactor(IObjectStore store, CompactScratch scratch, string topic, ReadingRules rules, CompactOptions options, TimeProvider clock, Action<string> say)
{
    private const string Gone = "it is gone";

    private readonly ReadingParser _parser = new(rules);

    /// <summary>Days merged, or to be merged.</summary>
    public long Days { get; private set; }

    /// <summary>Raw objects in them.</summary>
    public long Sources { get; private set; }

    /// <summary>Readings merged.</summary>
    public long Readings { get; private set; }

    /// <summary>Objects written.</summary>
    public long Objects { get; private set; }

    /// <summary>Days that are too young.</summary>
    public long Young { get; private set; }

    /// <summary>Days that could not be merged.</summary>
    public long Failed { get; private set; }

    /// <summary>Objects under the raw root that no sink of this topic wrote.</summary>
    public long Strays { get; private set; }

    /// <summary>Goes through the raw lake day by day. Throws <see cref="LakeUnavailableException"/> when the lake does not answer; run again, it goes on where that was.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        CompactDay? day = null;
        var sources = new List<LakeObject>();
        await foreach (LakeObject found in store.ListAsync(LakePaths.Raw + "/", null, cancellation))
        {
            if (!LakePath.TryParse(found.Key, out LakePath? path) || !path.IsHour || !IsOurs(path.Name))
            {
                Strays++;
                continue;
            }

            // A day's objects stand together in the order of keys.
            if (CompactDay.Of(path) is var next && next != day)
            {
                await CompactAsync(day, sources, cancellation);
                sources.Clear();
                day = next;
            }

            sources.Add(found);
        }

        await CompactAsync(day, sources, cancellation);
    }

    private async Task CompactAsync(CompactDay? candidate, List<LakeObject> found, CancellationToken cancellation)
    {
        if (candidate is not { } day)
        {
            return;
        }

        if (day.EndMs > (clock.GetUtcNow() - options.OlderThan).ToUnixTimeMilliseconds())
        {
            Young++;
            return;
        }

        try
        {
            SortedDictionary<int, CompactPlan> plans = await CompactPlan.ReadAsync(store, day, cancellation);
            var merged = plans.Values.SelectMany(plan => plan.Sources).ToHashSet(StringComparer.Ordinal);
            var sizes = found.ToDictionary(source => source.Key[day.Raw.Length..], source => source.Size, StringComparer.Ordinal);
            var sources = found.Select(source => source.Key[day.Raw.Length..]).Where(source => !merged.Contains(source)).ToList();
            var due = plans.Where(plan => plan.Value.Objects is null).Select(plan => (plan.Key, plan.Value, IsNew: false)).ToList();
            if (sources.Count > 0)
            {
                due.Add((plans.Keys.LastOrDefault() + 1, new CompactPlan(sources), IsNew: true));
            }

            foreach ((int number, CompactPlan plan, bool isNew) in due)
            {
                await MergeAsync(day, number, plan, isNew, plan.Sources.Sum(source => sizes.GetValueOrDefault(source)), cancellation);
            }

            Days += due.Count > 0 ? 1 : 0;
        }
        catch (InvalidDataException error)
        {
            Failed++;
            say($"failed: {day}: {error.Message}");
        }
    }

    private async Task MergeAsync(CompactDay day, int number, CompactPlan plan, bool isNew, long bytes, CancellationToken cancellation)
    {
        string what = string.Create(CultureInfo.InvariantCulture, $"{day}: {plan.Sources.Count} objects, {Mebibytes(bytes)}");
        Sources += plan.Sources.Count;
        if (!options.Apply)
        {
            say($"would merge {what}{(isNew ? "" : " (begun before)")}");
            return;
        }

        scratch.Clear();
        using var sorter = new ReadingSorter(Path.Combine(scratch.Folder, "runs"), day.Type, options.MemoryBytes);
        foreach (string source in plan.Sources)
        {
            await ReadAsync(day, source, sorter, cancellation);
        }

        // Before any object that it leads to: they may then be written again, and are.
        if (isNew)
        {
            await plan.WriteAsync(store, day, number, cancellation);
        }

        IReadOnlyList<string> files = await CompactObjects.WriteAsync(sorter.Sorted(), day.Type, scratch.Folder, options.TargetBytes, cancellation);
        var names = Enumerable.Range(0, files.Count).Select(part => CompactDay.Name(number, part)).ToList();
        for (int part = 0; part < files.Count; part++)
        {
            await store.PutFileAsync(day.Merged + names[part], files[part], RawParquet.ContentType, cancellation);
        }

        await RemoveOthersAsync(day, number, names, cancellation);
        await (plan with { Objects = names, Readings = sorter.Count }).WriteAsync(store, day, number, cancellation);
        Objects += names.Count;
        Readings += sorter.Count;
        say(string.Create(CultureInfo.InvariantCulture, $"merged {what} -> {sorter.Count} readings in {names.Count} objects, {Mebibytes(files.Sum(file => new FileInfo(file).Length))}"));
    }

    /// <summary>Hands a raw object's readings over, a row group at a time.</summary>
    private async Task ReadAsync(CompactDay day, string source, ReadingSorter sorter, CancellationToken cancellation)
    {
        string key = day.Raw + source;
        if (LakeReadingName.TryParse(key[(key.LastIndexOf('/') + 1)..], out _))
        {
            sorter.Add(await Guarded(key, async () => Parsed((await RawObject.ReadAsync(
                key, await store.GetAsync(key, cancellation) ?? throw new InvalidDataException(Gone), refuseUnknownColumns: true, cancellation))[0])));
            return;
        }

        string local = Path.Combine(scratch.Folder, "source");
        if (!await store.GetFileAsync(key, local, cancellation))
        {
            throw new InvalidDataException($"{key}: {Gone}");
        }

        await using FileStream file = File.OpenRead(local);
        await using RawObject content = await Guarded(key, () => RawObject.OpenAsync(file, day.Type, refuseUnknownColumns: true, cancellation));
        await using IAsyncEnumerator<IReadOnlyList<StoredReading>> groups = content.GroupsAsync(cancellation).GetAsyncEnumerator(cancellation);
        while (await Guarded(key, () => groups.MoveNextAsync().AsTask()))
        {
            foreach (StoredReading reading in groups.Current)
            {
                sorter.Add(reading);
            }
        }
    }

    /// <summary>What a damaged object throws may be anything: it becomes an error that names it.</summary>
    private static async Task<T> Guarded<T>(string key, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception error) when (error is not (OperationCanceledException or LakeUnavailableException))
        {
            throw new InvalidDataException($"{key}: {error.Message}", error);
        }
    }

    /// <summary>A reading that lies in the lake as JSON, with its columns. It was judged by its record timestamp then, which is not kept.</summary>
    private StoredReading Parsed(in StoredReading row)
        => _parser.TryParse(row.Payload, long.MaxValue / 2, out Reading reading, out Rejection rejection)
            ? new StoredReading(reading, row.ReceivedAtMs, row.Partition, row.Offset, row.Payload)
            : throw new InvalidDataException($"it is no reading by the rules in Readings:*: {rejection.Detail}");

    /// <summary>What an earlier try may have written beyond these, with a smaller target.</summary>
    private async Task RemoveOthersAsync(CompactDay day, int number, List<string> names, CancellationToken cancellation)
    {
        var others = new List<string>();
        await foreach (LakeObject found in store.ListAsync(day.Merged + CompactDay.NamePrefix(number), null, cancellation))
        {
            if (!names.Contains(found.Key[day.Merged.Length..]))
            {
                others.Add(found.Key);
            }
        }

        foreach (string key in others)
        {
            await store.DeleteAsync(key, cancellation);
        }
    }

    private bool IsOurs(string name) => (LakeObjectName.TryParse(name, out var batch) && batch.Topic == topic && batch.Extension == "parquet") || LakeReadingName.TryParse(name, out _);

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");
}
