namespace SmartCity.Domain.Aggregates;

/// <summary>Where a reading stands: event time first, then partition and offset, so that "first" and "last" mean the same in any order of arrival.</summary>
public readonly record struct ReadingPosition(long TimestampMs, int Partition, long Offset)
{
    /// <summary>Negative when this stands before <paramref name="other"/>, positive when after, zero when they are the same.</summary>
    internal int CompareTo(in ReadingPosition other)
        => TimestampMs != other.TimestampMs ? TimestampMs.CompareTo(other.TimestampMs)
            : Partition != other.Partition ? Partition.CompareTo(other.Partition)
            : Offset.CompareTo(other.Offset);
}
