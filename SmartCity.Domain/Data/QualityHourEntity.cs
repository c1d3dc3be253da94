namespace SmartCity.Domain.Data;

/// <summary>
/// One row of <c>quality_hourly</c>: how many readings of one kind came in one hour (in which Kafka took them). The sink adds to it in the transaction that moves its
/// offsets, so each reading is counted once.
/// </summary>
public sealed class QualityHourEntity
{
    /// <summary>A valid reading; <see cref="Reason"/> is its sensor type.</summary>
    public const string Accepted = "accepted";

    /// <summary>A valid reading that came too late for every window; <see cref="Reason"/> is the bucket of its lateness (<see cref="LatenessBuckets"/>).</summary>
    public const string Late = "late";

    /// <summary>A reading that broke a rule; <see cref="Reason"/> says which.</summary>
    public const string DeadLetter = "dead_letter";

    /// <summary>What is counted of a reason that is none of ours: whoever may write to the dead letters must not make rows without end.</summary>
    public const string OtherReason = "other";

    /// <summary>The upper ends of the buckets of lateness in seconds, ends included; what is later still is counted under "".</summary>
    public static readonly IReadOnlyList<int> LatenessBuckets = [60, 300, 900, 3600, 86_400];

    /// <summary>The start of the hour, UTC.</summary>
    public DateTime Hour { get; set; }

    /// <summary><see cref="Accepted"/>, <see cref="Late"/> or <see cref="DeadLetter"/>.</summary>
    public string Kind { get; set; } = "";

    /// <summary>What it was: see the kinds.</summary>
    public string Reason { get; set; } = "";

    /// <summary>How many.</summary>
    public long Count { get; set; }
}
