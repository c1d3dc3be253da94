using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Data;

/// <summary>The metric columns of each type's window table, in table order. The model, the sinks and the API all take them from here.</summary>
public static class MetricColumns
{
    private static readonly IReadOnlyList<MetricColumn>[] ByType = [.. SensorTypes.All.Select(Make)];

    /// <summary>The columns of a type's table: metric by metric, in the order of its definition.</summary>
    public static IReadOnlyList<MetricColumn> Of(SensorTypeDefinition definition) => ByType[(int)definition.Type];

    /// <summary>What <paramref name="column"/> holds of <paramref name="summary"/>; a count is a whole number, anything else may be missing.</summary>
    public static double? Value(this MetricColumn column, in MetricSummary summary) => column.Figure switch
    {
        MetricFigure.Count => summary.Count,
        MetricFigure.Mean => summary.Mean,
        MetricFigure.Min => summary.Min,
        MetricFigure.Max => summary.Max,
        MetricFigure.StdDev => summary.StdDev,
        MetricFigure.Sum => (double?)summary.Sum,
        MetricFigure.Consistency => summary.Consistency,
        _ => throw new ArgumentOutOfRangeException(nameof(column), column.Figure, "No such figure."),
    };

    private static List<MetricColumn> Make(SensorTypeDefinition definition)
    {
        var columns = new List<MetricColumn>();
        for (int index = 0; index < definition.Metrics.Count; index++)
        {
            var metric = definition.Metrics[index];
            foreach (var figure in FiguresOf(metric.Kind))
            {
                columns.Add(new MetricColumn(Prefix(figure) + metric.Stem, index, figure));
            }
        }

        return columns;
    }

    private static MetricFigure[] FiguresOf(MetricKind kind) => kind switch
    {
        MetricKind.Circular => [MetricFigure.Count, MetricFigure.Mean, MetricFigure.Consistency],
        MetricKind.Additive => [MetricFigure.Count, MetricFigure.Mean, MetricFigure.Min, MetricFigure.Max, MetricFigure.StdDev, MetricFigure.Sum],
        _ => [MetricFigure.Count, MetricFigure.Mean, MetricFigure.Min, MetricFigure.Max, MetricFigure.StdDev],
    };

    private static string Prefix(MetricFigure figure) => figure switch
    {
        MetricFigure.Count => "count_",
        MetricFigure.Mean => "avg_",
        MetricFigure.Min => "min_",
        MetricFigure.Max => "max_",
        MetricFigure.StdDev => "stddev_",
        MetricFigure.Sum => "sum_",
        _ => "consistency_",
    };
}
