using SmartCity.Domain.Data;

namespace SmartCity.Api.Query;

/// <summary>
/// The figures of one metric over several disjoint windows, from their figures: counts add, means weigh by the metric's own count, squared deviations merge
/// (Chan's formula, which does not cancel), directions add as vectors of length n·R.
/// </summary>
internal struct MergedMetric
{
    private long _count;
    private double _mean;
    private double _squares;
    private double _min;
    private double _max;
    private double _sum;
    private double _east;
    private double _north;

    public void Add(in WindowFigures figures)
    {
        if (figures.Count == 0)
        {
            return;
        }

        long count = _count + figures.Count;
        if (figures.Consistency is { } consistency)
        {
            double angle = double.DegreesToRadians(figures.Mean ?? 0);
            _east += figures.Count * consistency * Math.Sin(angle);
            _north += figures.Count * consistency * Math.Cos(angle);
        }
        else if (figures.Mean is { } mean)
        {
            double difference = mean - _mean;
            double squares = figures.StdDev is { } deviation ? deviation * deviation * (figures.Count - 1) : 0;
            _squares += squares + (difference * difference * ((double)_count * figures.Count / count));
            _mean += difference * figures.Count / count;
            _min = _count == 0 ? figures.Min ?? 0 : Math.Min(_min, figures.Min ?? _min);
            _max = _count == 0 ? figures.Max ?? 0 : Math.Max(_max, figures.Max ?? _max);
            _sum += figures.Sum ?? 0;
        }

        _count = count;
    }

    public readonly double? Value(MetricFigure figure, bool isCircular)
    {
        if (figure == MetricFigure.Count)
        {
            return _count;
        }

        if (_count == 0)
        {
            return null;
        }

        if (isCircular)
        {
            double length = Math.Sqrt((_east * _east) + (_north * _north));
            double consistency = Math.Min(1, length / _count);
            return figure == MetricFigure.Consistency ? consistency : consistency < 1e-9 ? null : Direction();
        }

        return figure switch
        {
            MetricFigure.Mean => _mean,
            MetricFigure.Min => _min,
            MetricFigure.Max => _max,
            MetricFigure.StdDev => _count > 1 ? Math.Sqrt(_squares / (_count - 1)) : null,
            MetricFigure.Sum => _sum,
            _ => null,
        };
    }

    private readonly double Direction()
    {
        double degrees = double.RadiansToDegrees(Math.Atan2(_east, _north));
        return degrees < 0 ? (degrees + 360) % 360 : degrees;
    }
}

/// <summary>The figures of one metric in one window.</summary>
internal readonly record struct WindowFigures(long Count, double? Mean, double? Min, double? Max, double? StdDev, double? Sum, double? Consistency);
