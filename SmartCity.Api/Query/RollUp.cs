using System.Runtime.CompilerServices;

using SmartCity.Api.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Query;

/// <summary>
/// Merges aligned windows, in order of time, into buckets. One bucket's groups are in memory at a time. A bucket is final once its city's watermark has passed its
/// end + grace, whether or not its last windows hold anything, and every window in it says so.
/// </summary>
internal static class RollUp
{
    public static async IAsyncEnumerable<ResultRow> Merge(
        IAsyncEnumerable<ResultRow> aligned, WindowQuery query, WindowTimes windows, Watermarks watermarks,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var buckets = new Buckets(query.Resolution, query.Zone);
        var groups = new SortedDictionary<RowKey, Bucket>(RowOrder.Groups);
        DateTime start = default, end = default;
        await foreach (var row in aligned.WithCancellation(cancellationToken))
        {
            if (groups.Count == 0 || row.Key.Start < start || row.Key.Start >= end)
            {
                foreach (var merged in Finish(groups, end))
                {
                    yield return merged;
                }

                start = buckets.StartOf(row.Key.Start);
                end = buckets.EndOf(start);
            }

            var key = row.Key with { Start = start };
            if (!groups.TryGetValue(key, out var bucket))
            {
                groups[key] = bucket = new Bucket(query.Type);
            }

            bucket.Add(row);
        }

        foreach (var merged in Finish(groups, end))
        {
            yield return merged;
        }

        IEnumerable<ResultRow> Finish(SortedDictionary<RowKey, Bucket> finished, DateTime bucketEnd)
        {
            foreach (var (key, bucket) in finished)
            {
                bool isFinal = bucket.IsFinal && watermarks.Of(key.City) >= bucketEnd + windows.Grace;
                bool wasOnPageBefore = query.After is { } after && key.Start == after.Start && RowOrder.Groups.Compare(key, after) <= 0;
                if (!wasOnPageBefore && (isFinal || !query.FinalOnly))
                {
                    yield return bucket.Row(key, bucketEnd, isFinal, query.Columns);
                }
            }

            finished.Clear();
        }
    }

    private sealed class Bucket(SensorTypeDefinition type)
    {
        private readonly MergedMetric[] _metrics = new MergedMetric[type.Metrics.Count];
        private long _readingCount;
        private long _revision;
        private DateTime _processingTime;

        /// <summary>False once a window was added that may still change: windows and progress of a city travel on several partitions.</summary>
        public bool IsFinal { get; private set; } = true;

        public void Add(ResultRow row)
        {
            IsFinal &= row.IsFinal;
            _readingCount += row.ReadingCount;
            _revision = Math.Max(_revision, row.Revision);
            _processingTime = row.ProcessingTime > _processingTime ? row.ProcessingTime : _processingTime;
            var columns = MetricColumns.Of(type);
            int at = 0;
            for (int metric = 0; metric < _metrics.Length; metric++)
            {
                var figures = default(WindowFigures);
                for (; at < columns.Count && columns[at].MetricIndex == metric; at++)
                {
                    figures = With(figures, columns[at].Figure, row.Values[at]);
                }

                _metrics[metric].Add(figures);
            }
        }

        public ResultRow Row(RowKey key, DateTime end, bool isFinal, IReadOnlyList<MetricColumn> columns)
        {
            var values = new double?[columns.Count];
            for (int index = 0; index < values.Length; index++)
            {
                var column = columns[index];
                values[index] = _metrics[column.MetricIndex].Value(column.Figure, type.Metrics[column.MetricIndex].Kind == MetricKind.Circular);
            }

            return new ResultRow(key, end, _readingCount, isFinal, _revision, _processingTime, values);
        }

        private static WindowFigures With(WindowFigures figures, MetricFigure figure, double? value) => figure switch
        {
            MetricFigure.Count => figures with { Count = (long)(value ?? 0) },
            MetricFigure.Mean => figures with { Mean = value },
            MetricFigure.Min => figures with { Min = value },
            MetricFigure.Max => figures with { Max = value },
            MetricFigure.StdDev => figures with { StdDev = value },
            MetricFigure.Sum => figures with { Sum = value },
            _ => figures with { Consistency = value },
        };
    }
}
