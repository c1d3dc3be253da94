using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Api;

/// <summary>Makes windows to store.</summary>
internal static class Windows
{
    public static readonly DateTime Noon = new(2026, 1, 15, 12, 0, 0, DateTimeKind.Utc);

    /// <summary>A window of five minutes with no metric.</summary>
    public static WindowEntity Of(SensorType type, string city, string district, DateTime start, bool isFinal = false)
    {
        var window = new WindowEntity
        {
            City = city,
            District = district,
            WindowStart = start,
            WindowEnd = start.AddMinutes(5),
            Aligned = start.Minute % 5 == 0 && start.Second == 0,
            ReadingCount = 10,
            IsFinal = isFinal,
            Epoch = 0,
            Revision = 7,
            ProcessingTime = start.AddMinutes(5).AddMilliseconds(250),
        };
        foreach (var column in MetricColumns.Of(SensorTypes.Of(type)).Where(column => column.Figure == MetricFigure.Count))
        {
            window[column.Name] = 0L;
        }

        return window;
    }

    /// <summary>The same with figures of one metric.</summary>
    public static WindowEntity With(this WindowEntity window, string stem, IReadOnlyList<double> values)
    {
        double mean = values.Average();
        window["count_" + stem] = (long)values.Count;
        window["avg_" + stem] = mean;
        window["min_" + stem] = values.Min();
        window["max_" + stem] = values.Max();
        window["stddev_" + stem] = values.Count > 1 ? Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1)) : null;
        window.ReadingCount = values.Count;
        return window;
    }
}
