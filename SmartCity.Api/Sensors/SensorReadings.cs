using SmartCity.Api.Configuration;
using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Sensors;

/// <summary>A sensor's reading, read again.</summary>
internal sealed record SensorReading(Reading Reading, DateTime? ReceivedAt, int Partition, long Offset);

/// <summary>Reads a sensor's readings from the lake, hour by hour from the newest back: no hour is looked into that the answer does not need.</summary>
internal sealed class SensorReadings(ApiSettings settings, IObjectStore lake)
{
    /// <summary>One request reads no more than this of the lake; what is older is left out, and the answer says so.</summary>
    private const int MaxObjects = 1000;
    private const long MaxBytes = 512L << 20;

    /// <summary>Objects that are fetched at a time.</summary>
    private const int AtOnce = 4;

    /// <summary>The newest readings of a range, oldest first, and whether there may be more.</summary>
    public async Task<(IReadOnlyList<SensorReading> Readings, bool IsTruncated)> ReadAsync(
        SensorType type, string city, string sensorId, DateTime from, DateTime to, int limit, CancellationToken cancellationToken)
    {
        var found = new List<SensorReading>();
        var budget = new Budget();
        for (var hour = Hour(to.AddTicks(-1)); hour >= Hour(from) && found.Count <= limit && !budget.IsSpent; hour = hour.AddHours(-1))
        {
            string folder = LakePaths.HourFolder(LakePaths.Raw, type, city, new DateTimeOffset(hour).ToUnixTimeMilliseconds());
            var ofHour = await HourAsync(folder, sensorId, budget, cancellationToken);
            found.AddRange(ofHour.Where(one => Time(one) >= from && Time(one) < to));
        }

        found.Sort(Compare);
        int excess = Math.Max(0, found.Count - limit);
        return (found[excess..], excess > 0 || budget.IsSpent);
    }

    private async Task<IReadOnlyList<SensorReading>> HourAsync(string folder, string sensorId, Budget budget, CancellationToken cancellationToken)
    {
        var wanted = new List<LakeObject>();
        await foreach (var item in lake.ListAsync(folder, null, cancellationToken))
        {
            string name = item.Key[folder.Length..];
            if (LakeObjectName.TryParse(name, out _) || (LakeReadingName.TryParse(name, out var one) && one.SensorId == sensorId))
            {
                if (!budget.Take(item))
                {
                    break;
                }

                wanted.Add(item);
            }
        }

        var found = new List<SensorReading>();
        foreach (var chunk in wanted.Chunk(AtOnce))
        {
            foreach (var readings in await Task.WhenAll(chunk.Select(item => ObjectAsync(item, item.Key[folder.Length..], sensorId, cancellationToken))))
            {
                found.AddRange(readings);
            }
        }

        return found;
    }

    private async Task<IReadOnlyList<SensorReading>> ObjectAsync(LakeObject item, string name, string sensorId, CancellationToken cancellationToken)
    {
        if (await lake.GetAsync(item.Key, cancellationToken) is not { } content)
        {
            return []; // merged or removed since it was listed
        }

        IReadOnlyList<RawReading> raw = LakeReadingName.TryParse(name, out var one)
            ? [new RawReading(content, null, one.Partition, one.Offset)]
            : await RawReadingFile.ReadAsync(content, sensorId, cancellationToken);
        var parser = new ReadingParser(settings.Readings);
        var readings = new List<SensorReading>(raw.Count);
        foreach (var row in raw)
        {
            // The worker has judged it when it came; here only its fields are wanted, so no time lies in the future.
            if (parser.TryParse(row.Payload, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds(), out var reading, out _) && reading.SensorId == sensorId)
            {
                readings.Add(new SensorReading(reading, row.ReceivedAt, row.Partition, row.Offset));
            }
        }

        return readings;
    }

    private static DateTime Time(SensorReading one) => DateTimeOffset.FromUnixTimeMilliseconds(one.Reading.TimestampMs).UtcDateTime;

    private static DateTime Hour(DateTime time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerHour), DateTimeKind.Utc);

    private static int Compare(SensorReading left, SensorReading right)
        => (left.Reading.TimestampMs, left.Partition, left.Offset).CompareTo((right.Reading.TimestampMs, right.Partition, right.Offset));

    /// <summary>What a request may still read.</summary>
    private sealed class Budget
    {
        private int _objects;
        private long _bytes;

        public bool IsSpent { get; private set; }

        public bool Take(LakeObject item)
        {
            _objects++;
            _bytes += item.Size;
            IsSpent |= _objects > MaxObjects || _bytes > MaxBytes;
            return !IsSpent;
        }
    }
}
