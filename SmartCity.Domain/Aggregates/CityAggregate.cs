using System.Buffers;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>Where a reading stands: event time first, then partition and offset, so that "first" and "last" mean the same in any order of arrival.</summary>
public readonly record struct ReadingPosition(long TimestampMs, int Partition, long Offset);

/// <summary>
/// The exact, mergeable aggregate of the readings of one group in one window (or slice). Values are rounded to 1e-9 and summed as
/// <see cref="Int128"/>, so any split of the readings merges to the same bits. Mutable and reusable.
/// </summary>
public sealed class CityAggregate
{
    /// <summary>The readings counted.</summary>
    public long ReadingCount => throw new NotImplementedException();

    /// <summary>The sensor type that the first reading or merge fixed.</summary>
    public SensorType Type => throw new NotImplementedException();

    /// <summary>Counts one reading.</summary>
    public void Add(in Reading reading, int partition, long offset) => throw new NotImplementedException();

    /// <summary>Adds everything <paramref name="other"/> has counted.</summary>
    public void Merge(CityAggregate other) => throw new NotImplementedException();

    /// <summary>Empties the aggregate for reuse.</summary>
    public void Clear() => throw new NotImplementedException();

    /// <summary>What is known of the metric at <paramref name="index"/>.</summary>
    public MetricSummary Summarize(int index) => throw new NotImplementedException();

    /// <summary>Writes the binary form (versioned, compact, canonical: equal aggregates give equal bytes).</summary>
    public void Write(IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>Reads the binary form; throws <see cref="FormatException"/> on anything else.</summary>
    public static CityAggregate Read(ReadOnlySpan<byte> bytes) => throw new NotImplementedException();
}

/// <summary>
/// The derived figures of one metric. With <see cref="Count"/> 0 every other figure is null. <see cref="StdDev"/> is the sample deviation (null for
/// one value). For a circular metric <see cref="Mean"/> is the mean direction in [0, 360) (null when the vectors cancel out), <see cref="Consistency"/>
/// is R, and Sum, Min, Max and StdDev are null.
/// </summary>
public readonly record struct MetricSummary(
    long Count, decimal? Sum, double? Mean, double? Min, double? Max, double? StdDev, double? Consistency, double? First, double? Last);
