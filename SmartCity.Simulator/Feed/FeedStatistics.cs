using SmartCity.Simulator.City;

namespace SmartCity.Simulator.Feed;

/// <summary>What a run has done so far. Written by the thread that feeds and the one that hears from Kafka, read by whoever shows it.</summary>
internal sealed class FeedStatistics
{
    private readonly long[] _byKind = new long[4];
    private long _acknowledged;
    private long _failed;
    private long _bytes;
    private long _dueMs;
    private volatile string? _lastError;

    /// <summary>Records handed to the Kafka client.</summary>
    public long Sent => OnTime + Late + Duplicates + Faulty;

    public long OnTime => Interlocked.Read(ref _byKind[(int)EmissionKind.OnTime]);

    public long Late => Interlocked.Read(ref _byKind[(int)EmissionKind.Late]);

    public long Duplicates => Interlocked.Read(ref _byKind[(int)EmissionKind.Duplicate]);

    public long Faulty => Interlocked.Read(ref _byKind[(int)EmissionKind.Faulty]);

    /// <summary>Records that the broker has.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Records that were given up.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Simulated time, ms since the Unix epoch; 0 before the first record.</summary>
    public long DueMs => Interlocked.Read(ref _dueMs);

    /// <summary>The last thing that Kafka complained of, or null.</summary>
    public string? LastError => _lastError;

    public void CountSent(EmissionKind kind, int bytes, long dueMs)
    {
        Interlocked.Increment(ref _byKind[(int)kind]);
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Exchange(ref _dueMs, dueMs);
    }

    public void CountAcknowledged() => Interlocked.Increment(ref _acknowledged);

    public void CountFailed(string error)
    {
        Interlocked.Increment(ref _failed);
        _lastError = error;
    }

    public void Complain(string error) => _lastError = error;
}
