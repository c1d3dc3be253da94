using SmartCity.Domain.Readings;

namespace SmartCity.Simulator.City;

/// <summary>Why a record is sent when it is.</summary>
internal enum EmissionKind
{
    /// <summary>A good reading, sent when measured.</summary>
    OnTime,

    /// <summary>A good reading, sent later than measured.</summary>
    Late,

    /// <summary>A good reading that was sent before, byte for byte.</summary>
    Duplicate,

    /// <summary>A reading that breaks a rule.</summary>
    Faulty,
}

/// <summary>One record to send. Key and value are good until the next one is taken.</summary>
/// <param name="DueUs">When it is sent, in simulated time: microseconds since the Unix epoch.</param>
/// <param name="EventMs">When it was measured, ms.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Reason">Why it will be rejected; None for a good one.</param>
/// <param name="Key">The sensor's id.</param>
/// <param name="Value">The reading.</param>
internal readonly ref struct Emission(long dueUs, long eventMs, EmissionKind kind, RejectReason reason, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
{
    public long DueUs { get; } = dueUs;

    public long EventMs { get; } = eventMs;

    public EmissionKind Kind { get; } = kind;

    public RejectReason Reason { get; } = reason;

    public ReadOnlySpan<byte> Key { get; } = key;

    public ReadOnlySpan<byte> Value { get; } = value;
}
