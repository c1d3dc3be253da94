using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>The names of the topics that the engine keeps for itself.</summary>
internal sealed record InternalTopics(string Partials, string? Changelog, string StreamTime, string Raises)
{
    /// <summary>The largest offset is a date in year 9999; shifting by the seconds before 1970 keeps every date from year 1 on non-negative.</summary>
    private const long YearOneShiftMs = 62_135_596_800_000;

    /// <summary>Set while stream time stands where a raise has put it: no date comes near it.</summary>
    private const long RaisedFlag = 1L << 60;

    public static InternalTopics Of(string applicationId, string? storeName) => new(
        $"{applicationId}-partials", storeName is null ? null : $"{applicationId}-{storeName}-changelog",
        $"{applicationId}-stream-time", $"{applicationId}-raises");

    /// <summary>
    /// Stream time as the offset that is committed for it, and whether it stands where a raise has put it. "None yet" is committed too, as 0, so that a lost commit
    /// can be told from it.
    /// </summary>
    public static long ToOffset(long streamTimeMs, bool isRaised = false) => streamTimeMs == CombineTask.NoStreamTime
        ? 0
        : Math.Max(0, streamTimeMs + YearOneShiftMs) | (isRaised ? RaisedFlag : 0);

    /// <summary>Stream time from the offset that was committed for it.</summary>
    public static long FromOffset(long offset) => offset == 0 ? CombineTask.NoStreamTime : (offset & ~RaisedFlag) - YearOneShiftMs;

    /// <summary>Whether the stream time that was committed stood where a raise had put it.</summary>
    public static bool IsRaised(long offset) => (offset & RaisedFlag) != 0;
}

/// <summary>
/// Epoch and fingerprint of the application. They are carried by the committed offset of <c>APP-raises</c> in the combine group, which whoever owns input
/// partition 0 renews with each of its commits: so they are known before anything is read, and a worker with other windows stops before it has sent a block.
/// </summary>
/// <param name="Epoch">Moves with each reset.</param>
/// <param name="Fingerprint">The lowest 48 bits of the topology's fingerprint; 0 after a reset: any will do.</param>
internal readonly record struct ApplicationMark(int Epoch, long Fingerprint)
{
    private const int FingerprintBits = 48;
    private const long FingerprintMask = (1L << FingerprintBits) - 1;

    public static ApplicationMark Of(int epoch, ulong fingerprint) => new(epoch, (long)fingerprint & FingerprintMask);

    public static ApplicationMark FromOffset(long offset) => new((int)(offset >> FingerprintBits), offset & FingerprintMask);

    public long ToOffset() => ((long)Epoch << FingerprintBits) | Fingerprint;
}
