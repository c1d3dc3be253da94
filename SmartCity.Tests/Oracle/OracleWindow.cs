using System.Numerics;

namespace SmartCity.Tests.Oracle;

/// <summary>Which window: its group and start.</summary>
internal readonly record struct OracleWindowKey(string Type, string City, string District, long StartMs)
{
    public override string ToString() => $"{Type} {City}/{District} {DateTimeOffset.FromUnixTimeMilliseconds(StartMs):yyyy-MM-ddTHH:mm:ssZ}";
}

/// <summary>The readings of one window, added up in whole billionths without any rounding on the way.</summary>
internal sealed class OracleWindow
{
    private readonly Dictionary<string, Sums> _metrics = [];

    public long ReadingCount { get; private set; }

    public void Add(OracleReading reading)
    {
        ReadingCount++;
        foreach ((string name, (decimal exact, double value)) in reading.Metrics)
        {
            if (!_metrics.TryGetValue(name, out Sums? sums))
            {
                _metrics[name] = sums = new Sums();
            }

            sums.Add(new BigInteger(exact * 1_000_000_000m), value);
        }
    }

    /// <summary>What the row of a table must say, by column name, and how far off it may be; null for no value. Counts, minima and maxima are exact.</summary>
    public IEnumerable<(string Column, double? Value, double Tolerance)> Columns(string type)
    {
        foreach (OracleMetric metric in OracleCatalogue.Types[type])
        {
            Sums? sums = _metrics.GetValueOrDefault(metric.Name);
            yield return ("count_" + metric.Stem, sums?.Count ?? 0, 0);
            if (metric.Circular)
            {

                // Sines are kept in billionths: the shorter the mean vector, the less sure is where it points.
                yield return ("avg_" + metric.Stem, sums?.Direction, 1e-7 / (sums?.Consistency ?? 1));
                yield return ("consistency_" + metric.Stem, sums?.Consistency, 1e-8);
                continue;
            }

            yield return ("avg_" + metric.Stem, sums?.Mean, Rounding(sums?.Mean));
            yield return ("min_" + metric.Stem, sums?.Min, 0);
            yield return ("max_" + metric.Stem, sums?.Max, 0);
            yield return ("stddev_" + metric.Stem, sums?.Deviation, Rounding(sums?.Deviation));
            if (metric.Summed)
            {
                yield return ("sum_" + metric.Stem, sums?.Sum, Rounding(sums?.Sum));
            }
        }
    }

    /// <summary>Count, sum, minimum and maximum of a metric, or null.</summary>
    public (long Count, double Sum, double Min, double Max)? Metric(string name)
        => _metrics.TryGetValue(name, out Sums? sums) ? (sums.Count, sums.Sum, sums.Min, sums.Max) : null;

    private static double Rounding(double? value) => 1e-8 + (1e-12 * Math.Abs(value ?? 0));

    private sealed class Sums
    {
        private const double Billion = 1e9;

        private BigInteger _sum;
        private BigInteger _squares;
        private double _sines;
        private double _cosines;

        public long Count { get; private set; }

        public double Min { get; private set; } = double.PositiveInfinity;

        public double Max { get; private set; } = double.NegativeInfinity;

        public double Sum => (double)_sum / Billion;

        public double Mean => (double)_sum / Count / Billion;

        // n Σx² − (Σx)² is exact; only the last division rounds.
        public double? Deviation => Count < 2 ? null : Math.Sqrt((double)((Count * _squares) - (_sum * _sum)) / ((double)Count * (Count - 1))) / Billion;

        public double Consistency => Math.Sqrt((_sines * _sines) + (_cosines * _cosines)) / Count;

        public double? Direction => Consistency < 1e-9 ? null : (((Math.Atan2(_sines, _cosines) * 180 / Math.PI) + 360) % 360);

        public void Add(BigInteger billionths, double value)
        {
            Count++;
            _sum += billionths;
            _squares += billionths * billionths;
            Min = Math.Min(Min, value);
            Max = Math.Max(Max, value);
            _sines += Math.Sin(value * Math.PI / 180);
            _cosines += Math.Cos(value * Math.PI / 180);
        }
    }
}
