using System.Globalization;

using SmartCity.Tests.Rig;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Worker;

namespace SmartCity.Tests.Soak;

/// <summary>Looks at workers and broker from outside: the process table, the workers' own metrics, and the broker's folder.</summary>
internal sealed class SoakSampler(PlatformRig rig, int workers)
{
    private const double Mebibyte = 1 << 20;

    public async Task<SoakSample> TakeAsync(TimeSpan at)
    {
        var taken = new List<WorkerSample?>();
        double lag = 0, delay = 0;
        for (int number = 0; number < workers; number++)
        {
            WorkerSample? sample = null;
            try
            {
                WorkerProcess worker = rig.Worker(number)!;
                string metrics = (await worker.GetAsync("/metrics")).Body;
                sample = new(
                    ResidentKibibytes(worker.Id) / 1024, Sum(metrics, "dotnet_gc_last_collection_heap_size") / Mebibyte, Sum(metrics, "smartcity_streams_state_size") / Mebibyte);
                lag += Sum(metrics, "smartcity_streams_input_lag");
                delay = Math.Max(delay, Largest(metrics, "smartcity_sink_delay", "postgres"));
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                // It is being restarted.
            }

            taken.Add(sample);
        }

        return new SoakSample(at, taken, TopicMebibytes(rig.PartialsTopic), TopicMebibytes(rig.ChangelogTopic), lag, delay);
    }

    private static double ResidentKibibytes(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    // Segments come and go while they are counted.
    private double TopicMebibytes(string topic)
    {
        if (rig.Kafka is not LocalKafka kafka)
        {
            return 0;
        }

        return Directory.GetDirectories(kafka.Data, topic + "-*")
            .SelectMany(folder => Directory.GetFiles(folder, "*.log"))
            .Sum(file => new FileInfo(file) is { Exists: true } info ? info.Length / Mebibyte : 0);
    }

    private static double Sum(string metrics, string name) => Values(metrics, name, "").Sum();

    private static double Largest(string metrics, string name, string label) => Values(metrics, name, label).DefaultIfEmpty(0).Max();

    // A line is NAME{LABELS} VALUE, and a time may follow.
    private static IEnumerable<double> Values(string metrics, string name, string label)
        => metrics.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
            .Select(line => line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(parts => parts.Length > 0)
            .Select(parts => double.TryParse(parts[0], CultureInfo.InvariantCulture, out double value) ? value : 0);
}
