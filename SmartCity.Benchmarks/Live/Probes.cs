using HdrHistogram;

namespace SmartCity.Benchmarks.Live;

/// <summary>
/// Readings whose appearance is waited for. Each has the time at which it was due to be published, whenever it was; so a stall counts for all that were due meanwhile
/// (coordinated omission). Those of one city are seen in the order in which they were published: they have one sensor, one partition and one group.
/// </summary>
internal sealed class Probes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, City> _cities = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, int> _worst = [];
    private readonly LongHistogram _latencies = new(TimeSpan.FromMinutes(10).Ticks / TimeSpan.TicksPerMicrosecond, 3);

    /// <summary>The longest of each second in which probes were due, in ms: shows whether it is always so or one stall.</summary>
    public string WorstBySecond()
    {
        lock (_gate)
        {
            return string.Join(' ', _worst.Values);
        }
    }

    /// <summary>A probe of a city is published, due at a time by the clock of <see cref="System.Diagnostics.Stopwatch"/>; <paramref name="counts"/> is false while all is warming up.</summary>
    public void Published(string city, long windowMs, TimeSpan due, bool counts)
    {
        lock (_gate)
        {
            if (!_cities.TryGetValue(city, out var at))
            {
                _cities.Add(city, at = new City());
            }

            at.InWindow = at.WindowMs == windowMs ? at.InWindow + 1 : 1;
            at.WindowMs = windowMs;
            at.Pending.Enqueue(new Probe(windowMs, at.InWindow, due, counts));
        }
    }

    /// <summary>So many readings of a city are seen in a window; whatever lies in windows before it can be seen as well.</summary>
    public void Seen(string city, long windowMs, long count, TimeSpan now)
    {
        lock (_gate)
        {
            if (!_cities.TryGetValue(city, out var at))
            {
                return;
            }

            while (at.Pending.TryPeek(out var probe) && (probe.WindowMs < windowMs || (probe.WindowMs == windowMs && probe.Number <= count)))
            {
                at.Pending.Dequeue();
                if (probe.Counts)
                {
                    _latencies.RecordValue(Math.Max(1, (now - probe.Due).Ticks / TimeSpan.TicksPerMicrosecond));
                    var second = (int)probe.Due.TotalSeconds;
                    _worst[second] = Math.Max(_worst.GetValueOrDefault(second), (int)(now - probe.Due).TotalMilliseconds);
                }
            }
        }
    }

    public object Summary()
    {
        lock (_gate)
        {
            return new
            {
                Probes = _latencies.TotalCount,
                Unseen = _cities.Values.Sum(city => city.Pending.Count(probe => probe.Counts)),
                P50Ms = At(50),
                P99Ms = At(99),
                P999Ms = At(99.9),
                MaxMs = At(100),
            };
        }
    }

    private double At(double percentile) => _latencies.TotalCount == 0 ? 0 : Math.Round(_latencies.GetValueAtPercentile(percentile) / 1000.0, 1);

    private sealed class City
    {
        public Queue<Probe> Pending { get; } = new();

        public long WindowMs { get; set; }

        public long InWindow { get; set; }
    }

    private readonly record struct Probe(long WindowMs, long Number, TimeSpan Due, bool Counts);
}
