using System.Globalization;
using System.Text;

using SmartCity.Simulator.City;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Tests.Oracle;
using SmartCity.Tests.Simulator;

namespace SmartCity.Tests.Determinism;

/// <summary>Logs of a simulated city, with late, faulty and repeated readings, and what must come of them.</summary>
internal static class CityLog
{
    public const int Partitions = 4;

    public static readonly DateTimeOffset Start = new(2026, 1, 12, 7, 0, 0, TimeSpan.Zero);

    /// <summary>What the city sends in that time, and at the end one reading in each partition from so much later that every window before it is final.</summary>
    public static List<LoggedReading> Of(TimeSpan duration, double rate = 10)
    {
        var city = new CityOptions
        {
            Start = Start,
            Seed = 5,
            Rate = rate,
            LateFraction = 0.05,
            LateMax = TimeSpan.FromMinutes(25),
            FaultFraction = 0.005,
            DuplicateFraction = 0.002,
        };
        List<LoggedReading> log =
            [.. Generated.From(city, duration).Select(one => new LoggedReading(PartitionOf(one.Key), one.DueUs / 1000, one.Value))];
        log.AddRange(Enumerable.Range(0, Partitions).Select(partition => Reading(partition, Start + duration + TimeSpan.FromHours(1), $"closing-{partition}")));
        return log;
    }

    /// <summary>One reading whose record has the time of its event, or a later one.</summary>
    public static LoggedReading Reading(int partition, DateTimeOffset time, string sensor, DateTimeOffset? logged = null) => new(
        partition,
        (logged ?? time).ToUnixTimeMilliseconds(),
        Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"sensor_id":"{{{sensor}}}","sensor_type":"traffic","city":"Warsaw","timestamp":"{{{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}}","metrics":{"average_speed":31.5}}""")));

    /// <summary>The log as a broker gives it back.</summary>
    public static IReadOnlyList<IReadOnlyList<LogRecord>> AsRead(IEnumerable<LoggedReading> log, int partitions = Partitions)
    {
        List<LogRecord>[] read = [.. Enumerable.Range(0, partitions).Select(_ => new List<LogRecord>())];
        foreach (LoggedReading reading in log)
        {
            List<LogRecord> partition = read[reading.Partition];
            partition.Add(new LogRecord(new LogPlace(reading.Partition, partition.Count), reading.TimestampMs, reading.Value, new Dictionary<string, string>()));
        }

        return read;
    }

    /// <summary>The windows that a verdict says are final.</summary>
    public static Dictionary<OracleWindowKey, OracleWindow> Finals(OracleVerdict verdict)
    {
        var times = new OracleTimes();
        return verdict.Windows.Where(window => window.Key.StartMs + times.SizeMs + times.GraceMs <= verdict.WatermarkMs).ToDictionary();
    }

    private static int PartitionOf(byte[] key) => Murmur2.Partition(key, Partitions);
}
