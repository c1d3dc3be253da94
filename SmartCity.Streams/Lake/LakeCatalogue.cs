using SmartCity.Domain.Lake;

namespace SmartCity.Streams.Lake;

/// <summary>The objects of raw readings by the batch they belong to, and what lies beside them that no sink of this topic wrote.</summary>
/// <param name="Batches">By partition, then by the offset at which the batch begins: the batch's objects.</param>
/// <param name="Objects">How many they are.</param>
/// <param name="Strays">Keys whose name is not ours, or another topic's.</param>
internal sealed record LakeCatalogue(IReadOnlyDictionary<int, SortedDictionary<long, List<string>>> Batches, long Objects, IReadOnlyList<string> Strays)
{
    /// <summary>Lists the lake. Takes some hundred bytes of memory an object.</summary>
    public static async Task<LakeCatalogue> ReadAsync(IObjectStore store, string topic, CancellationToken cancellation)
    {
        var batches = new Dictionary<int, SortedDictionary<long, List<string>>>();
        var strays = new List<string>();
        long objects = 0;
        await foreach (LakeObject found in store.ListAsync(LakePaths.Raw + "/", null, cancellation))
        {
            if (Place(found.Key[(found.Key.LastIndexOf('/') + 1)..], topic) is not var (partition, first))
            {
                strays.Add(found.Key);
                continue;
            }

            objects++;
            if (!batches.TryGetValue(partition, out var ofPartition))
            {
                batches.Add(partition, ofPartition = []);
            }

            if (!ofPartition.TryGetValue(first, out var keys))
            {
                ofPartition.Add(first, keys = []);
            }

            keys.Add(found.Key);
        }

        return new LakeCatalogue(batches, objects, strays);
    }

    private static (int Partition, long First)? Place(string name, string topic)
        => LakeObjectName.TryParse(name, out var batch) && batch.Topic == topic && batch.Extension == "parquet" ? (batch.Partition, batch.FirstOffset)
            : LakeReadingName.TryParse(name, out var reading) ? (reading.Partition, reading.Offset)
            : null;
}
