using System.Runtime.CompilerServices;

namespace SmartCity.Domain.Readings;

/// <summary>The values of one reading's metrics, by the metric's index in its type's definition; absent ones are not counted.</summary>
public struct MetricValues : IEquatable<MetricValues>
{
    private Slots _values;
    private byte _present;

    /// <summary>True when no metric is there.</summary>
    public readonly bool IsEmpty => _present == 0;

    /// <summary>True when the metric at <paramref name="index"/> is there.</summary>
    public readonly bool Has(int index) => (_present & (1 << index)) != 0;

    /// <summary>The value at <paramref name="index"/>, or null when it is absent.</summary>
    public readonly double? this[int index] => Has(index) ? _values[index] : null;

    /// <summary>The value at <paramref name="index"/>; zero when absent. Check <see cref="Has"/> first.</summary>
    public readonly double ValueOrZero(int index) => _values[index];

    /// <summary>True when the same metrics are there with the same values.</summary>
    public static bool operator ==(MetricValues left, MetricValues right) => left.Equals(right);

    /// <summary>True when some metric differs.</summary>
    public static bool operator !=(MetricValues left, MetricValues right) => !left.Equals(right);

    /// <summary>Sets the value at <paramref name="index"/>. Negative zero becomes zero, so that equal values are equal bits.</summary>
    public void Set(int index, double value)
    {
        _values[index] = value + 0.0;
        _present |= (byte)(1 << index);
    }

    /// <summary>Removes the value at <paramref name="index"/>.</summary>
    public void Remove(int index)
    {
        _values[index] = 0;
        _present &= (byte)~(1 << index);
    }

    /// <inheritdoc/>
    public readonly bool Equals(MetricValues other)
        => _present == other._present && ((ReadOnlySpan<double>)_values).SequenceEqual(other._values);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is MetricValues other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(_present);
        foreach (var value in _values)
        {
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    [InlineArray(SensorTypes.MaxMetrics)]
    private struct Slots
    {
        private double _first;
    }
}
