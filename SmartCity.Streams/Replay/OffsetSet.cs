namespace SmartCity.Streams.Replay;

/// <summary>Offsets of a topic by partition.</summary>
internal sealed class OffsetSet
{
    private readonly Dictionary<int, HashSet<long>> _offsets = [];

    public bool Contains(int partition, long offset) => _offsets.TryGetValue(partition, out var offsets) && offsets.Contains(offset);

    /// <summary>Adds one; false when it was there.</summary>
    public bool Add(int partition, long offset)
    {
        if (!_offsets.TryGetValue(partition, out var offsets))
        {
            _offsets.Add(partition, offsets = []);
        }

        return offsets.Add(offset);
    }

    /// <summary>Adds what <see cref="Ranges"/> gave.</summary>
    public void Add(IReadOnlyDictionary<int, long[][]> ranges)
    {
        foreach ((int partition, long[][] ofPartition) in ranges)
        {
            foreach (long[] range in ofPartition)
            {
                for (long offset = range[0]; offset < range[0] + range[1]; offset++)
                {
                    Add(partition, offset);
                }
            }
        }
    }

    /// <summary>All of them as pairs of first offset and count, by partition.</summary>
    public Dictionary<int, long[][]> Ranges()
    {
        var ranges = new Dictionary<int, long[][]>();
        foreach ((int partition, HashSet<long> offsets) in _offsets)
        {
            var ofPartition = new List<long[]>();
            foreach (long offset in offsets.Order())
            {
                if (ofPartition is [.., [var first, var count]] && first + count == offset)
                {
                    ofPartition[^1][1]++;
                }
                else
                {
                    ofPartition.Add([offset, 1]);
                }
            }

            ranges.Add(partition, [.. ofPartition]);
        }

        return ranges;
    }
}
