using SmartCity.Domain.Readings;
using SmartCity.Streams.Configuration;

namespace SmartCity.Streams.Replay;

/// <summary>What would become of a reading if it were sent again now.</summary>
internal enum ReplayVerdict
{
    /// <summary>It counts in windows that are still open.</summary>
    Counts,

    /// <summary>It is valid, and every window over it is closed.</summary>
    TooLate,

    /// <summary>It is refused again.</summary>
    Refused,

    /// <summary>It is late, and still stands in the sensors' topic: whoever computes windows anew judges it there.</summary>
    Held,

    /// <summary>It was sent again before.</summary>
    SentBefore,

    /// <summary>It was sent again before, and this is how it came back.</summary>
    CameBack,

    /// <summary>It does not say where it came from.</summary>
    Foreign,
}

/// <summary>Says of readings that were put aside what would become of them: by the settings of this program, which should be the workers', and by how far these have come.</summary>
/// <param name="rules">How strictly readings are read.</param>
/// <param name="window">The windows.</param>
/// <param name="streamTimesMs">The stream times of the sensors' partitions; null where there is none yet.</param>
/// <param name="begins">Where the partitions of the sensors' topic begin.</param>
/// <param name="ledger">What was sent before.</param>
/// <param name="clock">The time at which it would be sent.</param>
internal sealed class ReplayJudge(ReadingRules rules, WindowOptions window, IReadOnlyList<long?> streamTimesMs, IReadOnlyList<long> begins, ReplayLedger ledger, TimeProvider clock)
{
    private readonly ReadingParser _parser = new(rules);

    public ReplayVerdict Judge(PutAside reading, bool isLate)
    {
        if (reading.Partition < 0 || reading.Offset < 0)
        {
            return ReplayVerdict.Foreign;
        }

        if (ledger.Sent.Contains(reading.Partition, reading.Offset))
        {
            return ReplayVerdict.CameBack;
        }

        if (ledger.Originals.Contains(reading.Partition, reading.Offset))
        {
            return ReplayVerdict.SentBefore;
        }

        if (!_parser.TryParse(reading.Value, clock.GetUtcNow().ToUnixTimeMilliseconds(), out Reading parsed, out _))
        {
            return ReplayVerdict.Refused;
        }

        if (isLate && reading.Partition < begins.Count && reading.Offset >= begins[reading.Partition])
        {
            return ReplayVerdict.Held;
        }

        return IsOpen(parsed.TimestampMs, reading.Partition) ? ReplayVerdict.Counts : ReplayVerdict.TooLate;
    }

    /// <summary>The rule of time: whether the last window over it ends, with grace, after its partition's stream time.</summary>
    private bool IsOpen(long timestampMs, int partition)
    {
        if (partition >= streamTimesMs.Count || streamTimesMs[partition] is not { } streamTimeMs)
        {
            return true;
        }

        long advanceMs = (long)window.Advance.TotalMilliseconds;
        long lastStartMs = timestampMs - (((timestampMs % advanceMs) + advanceMs) % advanceMs);
        return lastStartMs + (long)(window.Size + window.Grace).TotalMilliseconds > streamTimeMs;
    }
}
