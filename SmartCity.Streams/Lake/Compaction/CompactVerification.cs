using System.Globalization;
using System.IO.Hashing;

using SmartCity.Domain.Lake;

namespace SmartCity.Streams.Lake.Compaction;

/// <summary>
/// Compares the merged lake with the raw objects that its plans name, day by day, in the memory of one day of one type and city. Raw objects that are gone by now cannot be compared: then
/// the merged ones are checked in themselves, and counted.
/// </summary>
internal sealed class CompactVerification(IObjectStore store, string topic, Action<LakeFault, string> found)
{
    /// <summary>Merged readings.</summary>
    public long Readings { get; private set; }

    /// <summary>Those that were compared with the raw object they came from.</summary>
    public long Compared { get; private set; }

    /// <summary>Merged objects.</summary>
    public long Objects { get; private set; }

    /// <summary>Raw objects that plans name and that are gone.</summary>
    public long Gone { get; private set; }

    /// <summary>Verifies everything.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        // Before the plans: an object that is there has a plan that is there, even while a compaction runs.
        var merged = new HashSet<string>(StringComparer.Ordinal);
        await foreach (LakeObject item in store.ListAsync(LakePaths.RawCompact + "/", null, cancellation))
        {
            merged.Add(item.Key);
        }

        var plannedDays = new HashSet<CompactDay>();
        await foreach (LakeObject plan in store.ListAsync(LakePaths.RawCompactPlans + "/", null, cancellation))
        {
            if (LakePath.TryParse(plan.Key, out LakePath? path) && !path.IsHour)
            {
                plannedDays.Add(CompactDay.Of(path));
            }
            else
            {
                found(LakeFault.Stray, plan.Key);
            }
        }

        DirectoryInfo scratch = Directory.CreateTempSubdirectory("smart-city-verify-");
        try
        {
            foreach (CompactDay day in plannedDays)
            {
                await VerifyAsync(day, merged, Path.Combine(scratch.FullName, "object"), cancellation);
            }
        }
        finally
        {
            scratch.Delete(recursive: true);
        }

        foreach (string key in merged)
        {
            found(LakeFault.Stray, key);
        }
    }

    private async Task VerifyAsync(CompactDay day, HashSet<string> merged, string scratch, CancellationToken cancellation)
    {
        var readings = new Dictionary<(int Partition, long Offset), UInt128>();
        var sources = new HashSet<string>(StringComparer.Ordinal);
        long promised = 0;
        try
        {
            foreach ((int number, CompactPlan plan) in await CompactPlan.ReadAsync(store, day, cancellation))
            {
                if (plan.Objects is null)
                {
                    found(LakeFault.Missing, $"{day.PlanKey(number)} was begun and not finished: run lake compact again");
                    merged.RemoveWhere(key => key.StartsWith(day.Merged + CompactDay.NamePrefix(number), StringComparison.Ordinal));
                    continue;
                }

                promised += plan.Readings;
                foreach (string name in plan.Objects)
                {
                    merged.Remove(day.Merged + name);
                    await AddAsync(day, day.Merged + name, readings, scratch, cancellation);
                }

                foreach (string source in plan.Sources.Where(source => !sources.Add(source)))
                {
                    found(LakeFault.Doubled, $"{day.Raw}{source} is in two plans of {day.Plans}");
                }
            }
        }
        catch (InvalidDataException error)
        {
            found(LakeFault.Damaged, error.Message);
            return;
        }

        long read = readings.Count;
        bool isWhole = true;
        foreach (string source in sources)
        {
            isWhole &= await CompareAsync(day.Raw + source, readings, cancellation);
        }

        if (!isWhole && read < promised)
        {
            found(LakeFault.Missing, string.Create(CultureInfo.InvariantCulture, $"{promised - read} readings of {day.Merged}, whose raw objects are gone"));
        }

        if (isWhole)
        {
            foreach ((int partition, long offset) in readings.Keys)
            {
                found(LakeFault.MadeUp, $"{Place(partition, offset)} in {day.Merged}");
            }
        }
    }

    /// <summary>Takes the readings of a merged object; what is wrong in itself is said.</summary>
    private async Task AddAsync(CompactDay day, string key, Dictionary<(int Partition, long Offset), UInt128> readings, string scratch, CancellationToken cancellation)
    {
        if (!await store.GetFileAsync(key, scratch, cancellation))
        {
            found(LakeFault.Damaged, $"{key}: it is gone");
            return;
        }

        Objects++;
        try
        {
            await using FileStream file = File.OpenRead(scratch);
            await using RawObject content = await RawObject.OpenAsync(file, day.Type, refuseUnknownColumns: false, cancellation);
            await foreach (IReadOnlyList<StoredReading> group in content.GroupsAsync(cancellation))
            {
                foreach (StoredReading row in group)
                {
                    Readings++;
                    if (row.Reading.TimestampMs < day.StartMs || row.Reading.TimestampMs >= day.EndMs)
                    {
                        found(LakeFault.Misplaced, $"{Place(row.Partition, row.Offset)} in {key}");
                    }

                    if (!readings.TryAdd((row.Partition, row.Offset), XxHash128.HashToUInt128(row.Payload)))
                    {
                        found(LakeFault.Doubled, $"{Place(row.Partition, row.Offset)} in {day.Merged}");
                    }
                }
            }
        }
        catch (Exception error) when (error is not (OperationCanceledException or LakeUnavailableException))
        {
            found(LakeFault.Damaged, $"{key}: {error.Message}");
        }
    }

    /// <summary>Takes a raw object's readings from the merged ones; false when it cannot be read, which the raw lake's own verification says where it matters.</summary>
    private async Task<bool> CompareAsync(string key, Dictionary<(int Partition, long Offset), UInt128> readings, CancellationToken cancellation)
    {
        IReadOnlyList<StoredReading> rows;
        try
        {
            if (await store.GetAsync(key, cancellation) is not { } content)
            {
                Gone++;
                return false;
            }

            rows = await RawObject.ReadAsync(key, content, refuseUnknownColumns: false, cancellation);
        }
        catch (Exception error) when (error is not (OperationCanceledException or LakeUnavailableException))
        {
            return false;
        }

        foreach (StoredReading row in rows)
        {
            Compared++;
            if (!readings.Remove((row.Partition, row.Offset), out UInt128 hash))
            {
                found(LakeFault.Missing, $"{Place(row.Partition, row.Offset)} of {key} in the merged lake");
            }
            else if (hash != XxHash128.HashToUInt128(row.Payload))
            {
                found(LakeFault.Changed, $"{Place(row.Partition, row.Offset)} of {key} in the merged lake");
            }
        }

        return true;
    }

    private string Place(int partition, long offset) => string.Create(CultureInfo.InvariantCulture, $"{topic}-{partition}@{offset}");
}
