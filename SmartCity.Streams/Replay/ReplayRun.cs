using System.Globalization;

namespace SmartCity.Streams.Replay;

/// <summary>Goes through what was put aside, and sends again what is worth it.</summary>
/// <param name="source">What was put aside.</param>
/// <param name="judge">What would become of it.</param>
/// <param name="isLate">Late readings, or refused ones.</param>
/// <param name="evenIfLate">Late readings that no window takes are sent too.</param>
internal sealed class ReplayRun(ReplaySource source, ReplayJudge judge, bool isLate, bool evenIfLate)
{
    private const int BatchReadings = 500;
    private const int BatchBytes = 4 << 20;

    private readonly OffsetSet _chosen = new();

    /// <summary>How many there are of each reason and verdict.</summary>
    public SortedDictionary<(string Reason, ReplayVerdict Verdict), long> Counts { get; } = [];

    public bool IsSent(ReplayVerdict verdict) => verdict switch
    {
        ReplayVerdict.Counts => true,
        ReplayVerdict.TooLate => !isLate || evenIfLate,
        ReplayVerdict.Held => evenIfLate,
        _ => false,
    };

    /// <summary>Hands batches of what is to be sent to <paramref name="send"/>, which has sent them when it returns.</summary>
    public void Run(string? reason, DateTimeOffset since, Action<IReadOnlyList<PutAside>> send)
    {
        var batch = new List<PutAside>();
        long bytes = 0;
        foreach (PutAside reading in source.Read(since))
        {
            if (reason is not null && reading.Reason != reason)
            {
                continue;
            }

            // A reading may have been put aside twice: by workers that read it again after a reset.
            ReplayVerdict verdict = judge.Judge(reading, isLate);
            if (IsSent(verdict) && !_chosen.Add(reading.Partition, reading.Offset))
            {
                verdict = ReplayVerdict.SentBefore;
            }

            Counts[(reading.Reason, verdict)] = Counts.GetValueOrDefault((reading.Reason, verdict)) + 1;
            if (!IsSent(verdict))
            {
                continue;
            }

            batch.Add(reading);
            bytes += reading.Value?.Length ?? 0;
            if (batch.Count >= BatchReadings || bytes >= BatchBytes)
            {
                send(batch);
                batch.Clear();
                bytes = 0;
            }
        }

        if (batch.Count > 0)
        {
            send(batch);
        }
    }

    /// <summary>A line for each reason and verdict.</summary>
    public IEnumerable<string> Summary(bool applied) => Counts.Select(count => string.Create(
        CultureInfo.InvariantCulture,
        $"{(!IsSent(count.Key.Verdict) ? applied ? "left" : "would leave" : applied ? "sent" : "would send")} {count.Value} {count.Key.Reason}: {Said(count.Key.Verdict)}"));

    private string Said(ReplayVerdict verdict) => verdict switch
    {
        ReplayVerdict.Counts => "they count in windows that are still open",
        ReplayVerdict.TooLate when isLate => "every window over them is closed, so they would be late again",
        ReplayVerdict.TooLate => "valid now, but every window over them is closed: they go to the raw lake and the late topic",
        ReplayVerdict.Refused => "they would be refused again",
        ReplayVerdict.Held => "the sensors' topic still holds them, so a reset judges them there",
        ReplayVerdict.SentBefore => "they were sent again before",
        ReplayVerdict.CameBack => "they were sent again before, and this is how they came back",
        _ => "they do not say where in the sensors' topic they came from",
    };
}
