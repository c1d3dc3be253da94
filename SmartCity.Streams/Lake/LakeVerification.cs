using System.Globalization;
using System.IO.Hashing;

using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Lake;

/// <summary>What is wrong with the lake, by kind.</summary>
internal enum LakeFault
{
    /// <summary>A valid reading of the topic that is in no object, though the sink says it is written.</summary>
    Missing,

    /// <summary>A reading that is in the lake twice.</summary>
    Doubled,

    /// <summary>A reading whose bytes are not those of the topic.</summary>
    Changed,

    /// <summary>A reading that the topic has not, or has as an invalid one.</summary>
    MadeUp,

    /// <summary>A reading that lies in another folder than its type, city and hour, or in another batch than its offset.</summary>
    Misplaced,

    /// <summary>An object that cannot be read.</summary>
    Damaged,

    /// <summary>An object that no sink of this topic wrote.</summary>
    Stray,
}

/// <summary>
/// Compares the raw lake with the topic, batch by batch and in the order of offsets, so that it needs the memory of one batch. What Kafka no longer holds is checked in itself alone: read whole, in its
/// place, once.
/// </summary>
internal sealed class LakeVerification(IObjectStore store, SourceLog log, string topic, ReadingRules rules, Action<LakeFault, string> found)
{
    private readonly ReadingParser _parser = new(rules);

    /// <summary>Readings in the lake.</summary>
    public long Readings { get; private set; }

    /// <summary>Those that were compared with the topic.</summary>
    public long Compared { get; private set; }

    /// <summary>Objects read.</summary>
    public long Objects { get; private set; }

    /// <summary>Verifies everything; <paramref name="progress"/> hears of each partition that is done.</summary>
    public async Task RunAsync(Action<string> progress, CancellationToken cancellation)
    {
        // Before the lake is listed: what is written meanwhile is then not looked for.
        var bounds = Enumerable.Range(0, log.Partitions).Select(log.Bounds).ToList();
        LakeCatalogue catalogue = await LakeCatalogue.ReadAsync(store, topic, cancellation);
        foreach (string key in catalogue.Strays)
        {
            found(LakeFault.Stray, key);
        }

        foreach (int partition in Enumerable.Range(0, bounds.Count).Union(catalogue.Batches.Keys).Order())
        {
            (long begin, long? complete) = partition < bounds.Count ? bounds[partition] : (long.MaxValue, null);
            await VerifyAsync(partition, catalogue.Batches.GetValueOrDefault(partition) ?? [], begin, complete ?? begin, cancellation);
            progress(string.Create(
                CultureInfo.InvariantCulture,
                $"partition {partition}: {(complete is null ? "not compared, the sink has committed nothing there" : $"offsets {begin} to {complete} compared with the topic")}; {Readings} readings in {Objects} objects so far"));
        }
    }

    private async Task VerifyAsync(int partition, SortedDictionary<long, List<string>> batches, long begin, long complete, CancellationToken cancellation)
    {
        if (begin < complete)
        {
            log.Seek(partition, begin);
        }

        long[] firsts = [.. batches.Keys];
        Compare(partition, [], begin, Math.Min(complete, firsts.Length > 0 ? firsts[0] : complete));
        for (int batch = 0; batch < firsts.Length; batch++)
        {
            long end = batch + 1 < firsts.Length ? firsts[batch + 1] : long.MaxValue;
            var readings = await ReadAsync(partition, batches[firsts[batch]], firsts[batch], end, cancellation);
            Compare(partition, readings, begin, Math.Min(complete, end));
        }
    }

    /// <summary>The readings of one batch by offset, each with its hash; what is wrong in itself is said.</summary>
    private async Task<Dictionary<long, (UInt128 Hash, string Key)>> ReadAsync(int partition, List<string> keys, long first, long end, CancellationToken cancellation)
    {
        var readings = new Dictionary<long, (UInt128 Hash, string Key)>();
        foreach (string key in keys)
        {
            Objects++;
            IReadOnlyList<StoredReading> rows;
            try
            {
                byte[] content = await store.GetAsync(key, cancellation) ?? throw new InvalidDataException("it is gone since it was listed");
                rows = await RawObject.ReadAsync(key, content, refuseUnknownColumns: false, cancellation);
            }
            catch (Exception error) when (error is not (OperationCanceledException or LakeUnavailableException))
            {
                found(LakeFault.Damaged, $"{key}: {error.Message}");
                continue;
            }

            foreach (StoredReading row in rows)
            {
                Readings++;
                string place = Place(partition, row.Offset);
                if (row.Partition != partition || row.Offset < first || row.Offset >= end || !LiesIn(key, row))
                {
                    found(LakeFault.Misplaced, $"{place} in {key}");
                }

                if (!readings.TryAdd(row.Offset, (XxHash128.HashToUInt128(row.Payload), key)))
                {
                    found(LakeFault.Doubled, $"{place} in {readings[row.Offset].Key} and in {key}");
                }
            }
        }

        return readings;
    }

    /// <summary>Reads the topic up to <paramref name="end"/> and takes each of its valid readings from those of the lake.</summary>
    private void Compare(int partition, Dictionary<long, (UInt128 Hash, string Key)> readings, long begin, long end)
    {
        while (begin < end && log.Next(end) is { } record)
        {
            if (!_parser.TryParse(record.Message.Value, record.Message.Timestamp.UnixTimestampMs, out _, out _))
            {
                continue;
            }

            Compared++;
            if (!readings.Remove(record.Offset.Value, out var stored))
            {
                found(LakeFault.Missing, Place(partition, record.Offset.Value));
            }
            else if (stored.Hash != XxHash128.HashToUInt128(record.Message.Value))
            {
                found(LakeFault.Changed, $"{Place(partition, record.Offset.Value)} in {stored.Key}");
            }
        }

        foreach ((long offset, (_, string key)) in readings.Where(reading => reading.Key >= begin && reading.Key < end))
        {
            found(LakeFault.MadeUp, $"{Place(partition, offset)} in {key}");
        }
    }

    /// <summary>True when the object's folder is that of the reading's type, city and hour.</summary>
    private bool LiesIn(string key, StoredReading row)
        => _parser.TryParse(row.Payload, row.ReceivedAtMs < 0 ? long.MaxValue / 2 : row.ReceivedAtMs, out Reading reading, out _)
            && key.AsSpan(0, key.LastIndexOf('/') + 1).SequenceEqual(LakePaths.HourFolder(LakePaths.Raw, reading.Type, reading.City, reading.TimestampMs));

    private string Place(int partition, long offset) => string.Create(CultureInfo.InvariantCulture, $"{topic}-{partition}@{offset}");
}
