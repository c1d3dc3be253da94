namespace SmartCity.Domain.Data;

/// <summary>Which figure of a metric a column holds.</summary>
public enum MetricFigure : byte
{
    /// <summary><c>count_</c>: the values counted.</summary>
    Count = 0,

    /// <summary><c>avg_</c>: their mean; for a circular metric the mean direction in [0, 360).</summary>
    Mean = 1,

    /// <summary><c>min_</c></summary>
    Min = 2,

    /// <summary><c>max_</c></summary>
    Max = 3,

    /// <summary><c>stddev_</c>: the sample deviation.</summary>
    StdDev = 4,

    /// <summary><c>sum_</c>, for additive metrics.</summary>
    Sum = 5,

    /// <summary><c>consistency_</c>, for circular metrics: the length R of the mean vector, 0–1.</summary>
    Consistency = 6,
}

/// <summary>A column of a window table that holds one figure of one metric.</summary>
/// <param name="Name">Its name, e.g. <c>avg_speed</c>: the same in PostgreSQL, in SQLite and in the API's answers.</param>
/// <param name="MetricIndex">The metric's index in its type's definition.</param>
/// <param name="Figure">The figure.</param>
public sealed record MetricColumn(string Name, int MetricIndex, MetricFigure Figure)
{
    /// <summary><see cref="long"/> for counts (never null), nullable <see cref="double"/> otherwise.</summary>
    public Type ClrType => Figure == MetricFigure.Count ? typeof(long) : typeof(double?);
}
