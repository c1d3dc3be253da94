using System.Text;

using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Lake.Compaction;

/// <summary>
/// Sorts more readings than memory holds, by sensor, time, partition and offset: what fills the memory it is given is sorted and written to a file as a run, and the runs
/// are merged. The order is one of all, so the same readings come out alike however they went in.
/// </summary>
internal sealed class ReadingSorter(string path, SensorType type, long memoryBytes) : IDisposable
{
    private const int RowBytes = 250;
    private const int RunBufferBytes = 64 << 10;

    private readonly List<StoredReading> _held = [];
    private readonly List<(long Start, int Count)> _runs = [];
    private FileStream? _file;
    private long _heldBytes;

    /// <summary>How many readings were added.</summary>
    public long Count { get; private set; }

    public void Add(in StoredReading reading)
    {
        _held.Add(reading);
        Count++;
        _heldBytes += reading.Payload.Length + RowBytes;
        if (_heldBytes >= memoryBytes)
        {
            Spill();
        }
    }

    /// <summary>All of them in order; nothing can be added after.</summary>
    public IEnumerable<StoredReading> Sorted()
    {
        if (_runs.Count == 0)
        {
            _held.Sort(Compare);
            return _held;
        }

        Spill();
        _file!.Flush();
        return Merged();
    }

    public void Dispose()
    {
        _file?.Dispose();
        File.Delete(path);
    }

    private static int Compare(StoredReading left, StoredReading right)
    {
        int bySensor = string.CompareOrdinal(left.Reading.SensorId, right.Reading.SensorId);
        return bySensor != 0 ? bySensor
            : (left.Reading.TimestampMs, left.Partition, left.Offset).CompareTo((right.Reading.TimestampMs, right.Partition, right.Offset));
    }

    private IEnumerable<StoredReading> Merged()
    {
        var runs = new List<IEnumerator<StoredReading>>();
        var next = new PriorityQueue<IEnumerator<StoredReading>, StoredReading>(Comparer<StoredReading>.Create(Compare));
        try
        {
            foreach ((long start, int count) in _runs)
            {
                runs.Add(Run(start, count).GetEnumerator());
                if (runs[^1].MoveNext())
                {
                    next.Enqueue(runs[^1], runs[^1].Current);
                }
            }

            while (next.TryDequeue(out var run, out StoredReading reading))
            {
                yield return reading;
                if (run.MoveNext())
                {
                    next.Enqueue(run, run.Current);
                }
            }
        }
        finally
        {
            runs.ForEach(run => run.Dispose());
        }
    }

    private void Spill()
    {
        if (_held.Count == 0)
        {
            return;
        }

        _held.Sort(Compare);
        _file ??= new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 20);
        _runs.Add((_file.Position, _held.Count));
        using var writer = new BinaryWriter(_file, Encoding.UTF8, leaveOpen: true);
        foreach (StoredReading row in _held)
        {
            Reading reading = row.Reading;
            writer.Write(reading.SensorId);
            writer.Write(reading.District);
            writer.Write(reading.TimestampMs);
            writer.Write(reading.Latitude);
            writer.Write(reading.Longitude);
            for (int metric = 0; metric < SensorTypes.MaxMetrics; metric++)
            {
                writer.Write(reading.Metrics[metric] ?? double.NaN);
            }

            writer.Write(row.ReceivedAtMs);
            writer.Write(row.Partition);
            writer.Write(row.Offset);
            writer.Write(row.Payload.Length);
            writer.Write(row.Payload);
        }

        _held.Clear();
        _heldBytes = 0;
    }

    private IEnumerable<StoredReading> Run(long start, int count)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, RunBufferBytes);
        file.Position = start;
        using var reader = new BinaryReader(file, Encoding.UTF8);
        for (int row = 0; row < count; row++)
        {
            yield return Read(reader);
        }
    }

    private StoredReading Read(BinaryReader reader)
    {
        string sensor = reader.ReadString();
        string district = reader.ReadString();
        long timestamp = reader.ReadInt64();
        double latitude = reader.ReadDouble();
        double longitude = reader.ReadDouble();
        var metrics = default(MetricValues);
        for (int metric = 0; metric < SensorTypes.MaxMetrics; metric++)
        {
            // No metric of a reading is NaN.
            if (reader.ReadDouble() is var value && !double.IsNaN(value))
            {
                metrics.Set(metric, value);
            }
        }

        return new StoredReading(
            new Reading(type, sensor, "", district, timestamp, latitude, longitude, metrics), reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt64(), reader.ReadBytes(reader.ReadInt32()));
    }
}
