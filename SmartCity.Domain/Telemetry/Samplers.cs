using OpenTelemetry.Trace;

namespace SmartCity.Domain.Telemetry;

/// <summary>Who decides which traces are kept. It is decided once, where a reading comes in; whatever handles it afterwards goes by that.</summary>
public static class Samplers
{
    /// <summary>
    /// For what takes readings in: a share of all traces, chosen by the trace's id. A caller's word that its trace is kept does not count, or anybody could have everything traced; but
    /// a caller that samples by id at the same ratio keeps the same ones.
    /// </summary>
    public static Sampler Begins(double ratio)
    {
        var share = new TraceIdRatioBasedSampler(ratio);
        return new ParentBasedSampler(share, remoteParentSampled: share, remoteParentNotSampled: new AlwaysOffSampler());
    }

    /// <summary>For what handles readings further on: only what belongs to a trace that is kept.</summary>
    public static Sampler Follows { get; } = new ParentBasedSampler(new AlwaysOffSampler());
}
