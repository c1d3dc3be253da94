using System.Buffers;
using System.Runtime.CompilerServices;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Aggregates;

/// <summary>
/// The exact, mergeable aggregate of the readings of one group in one window (or slice). Values are rounded to 1e-9 (half-way cases to even) and
/// summed as <see cref="Int128"/>, so any split of the readings merges to the same bits. Mutable and reusable.
/// </summary>
/// <remarks>
/// Values may be as large as ±4,000,000; larger ones throw <see cref="ArgumentOutOfRangeException"/>. The sum of squares has room for 10 million readings
/// of that size in one aggregate, and beyond it throws <see cref="OverflowException"/> and is never wrong.
/// </remarks>
public sealed class CityAggregate
{
    private SensorType _type;
    private MetricStates _metrics;

    /// <summary>The readings counted.</summary>
    public long ReadingCount { get; private set; }

    /// <summary>The sensor type that the first reading or merge fixed; throws <see cref="InvalidOperationException"/> while the aggregate is empty.</summary>
    public SensorType Type => ReadingCount > 0 ? _type : throw new InvalidOperationException("An empty aggregate has no sensor type.");

    /// <summary>Counts one reading. Throws <see cref="ArgumentException"/> when it is of another type than those before it.</summary>
    public void Add(in Reading reading, int partition, long offset)
    {
        FixType(reading.Type);
        var at = new ReadingPosition(reading.TimestampMs, partition, offset);
        var shape = MetricShape.Of(_type);
        for (var i = 0; i < shape.Count; i++)
        {
            if (reading.Metrics.Has(i))
            {
                _metrics[i].Add(reading.Metrics.ValueOrZero(i), shape.IsCircular(i), in at);
            }
        }

        ReadingCount++;
    }

    /// <summary>Adds everything <paramref name="other"/> has counted. Throws <see cref="ArgumentException"/> when it is of another type.</summary>
    public void Merge(CityAggregate other)
    {
        if (other.ReadingCount > 0)
        {
            Merge(other._type, other.ReadingCount, in other._metrics);
        }
    }

    /// <summary>Empties the aggregate for reuse.</summary>
    public void Clear()
    {
        ReadingCount = 0;
        _metrics = default;
    }

    /// <summary>What is known of the metric at <paramref name="index"/> of the type's definition.</summary>
    public MetricSummary Summarize(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, SensorTypes.MaxMetrics);
        return _metrics[index].Summarize(MetricShape.Of(_type).IsCircular(index));
    }

    /// <summary>Writes the binary form (versioned, compact, canonical: equal aggregates give equal bytes).</summary>
    public void Write(IBufferWriter<byte> output) => AggregateCodec.Write(output, _type, ReadingCount, _metrics);

    /// <summary>Reads the binary form; throws <see cref="FormatException"/> on anything else.</summary>
    public static CityAggregate Read(ReadOnlySpan<byte> bytes)
    {
        var aggregate = new CityAggregate();
        aggregate.ReadFrom(bytes);
        return aggregate;
    }

    /// <summary>Replaces what it holds by what the binary form says; throws <see cref="FormatException"/> on anything else, and is empty then.</summary>
    public void ReadFrom(ReadOnlySpan<byte> bytes)
    {
        ReadingCount = 0;
        ReadingCount = AggregateCodec.Read(bytes, out _type, _metrics);
    }

    private void Merge(SensorType type, long count, in MetricStates metrics)
    {
        FixType(type);
        var shape = MetricShape.Of(_type);
        for (var i = 0; i < shape.Count; i++)
        {
            _metrics[i].Merge(in metrics[i], shape.IsCircular(i));
        }

        ReadingCount = checked(ReadingCount + count);
    }

    private void FixType(SensorType type)
    {
        if (ReadingCount == 0)
        {
            _type = type;
        }
        else if (type != _type)
        {
            throw new ArgumentException($"An aggregate of {_type} cannot take in {type}.", nameof(type));
        }
    }

    [InlineArray(SensorTypes.MaxMetrics)]
    private struct MetricStates
    {
        private MetricState _first;
    }
}

/// <summary>How many metrics a type has and which of them are circular, as plain numbers for the hot path.</summary>
internal readonly struct MetricShape(int count, int circularMask)
{
    private static readonly MetricShape[] Shapes = [.. SensorTypes.All.Select(Shape)];

    public int Count { get; } = count;

    public bool IsCircular(int index) => ((circularMask >> index) & 1) != 0;

    public static MetricShape Of(SensorType type) => Shapes[(int)type];

    private static MetricShape Shape(SensorTypeDefinition type)
        => new(type.Metrics.Count, type.Metrics.Select((metric, i) => metric.Kind == MetricKind.Circular ? 1 << i : 0).Sum());
}

/// <summary>
/// The derived figures of one metric. With <see cref="Count"/> 0 every other figure is null. <see cref="StdDev"/> is the sample deviation (null for
/// one value). For a circular metric <see cref="Mean"/> is the mean direction in [0, 360) (null when the vectors cancel out), <see cref="Consistency"/>
/// is R, and Sum, Min, Max and StdDev are null.
/// </summary>
public readonly record struct MetricSummary(
    long Count, decimal? Sum, double? Mean, double? Min, double? Max, double? StdDev, double? Consistency, double? First, double? Last);
