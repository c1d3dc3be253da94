namespace SmartCity.Streams.Engine.Runtime;

/// <summary>The names of the topics that the engine keeps for itself.</summary>
internal sealed record InternalTopics(string Partials, string? Changelog, string StreamTime, string Raises)
{
    /// <summary>The largest offset is a date in year 9999; shifting by the seconds before 1970 keeps every date from year 1 on non-negative.</summary>
    private const long YearOneShiftMs = 62_135_596_800_000;

    public static InternalTopics Of(string applicationId, string? storeName) => new(
        $"{applicationId}-partials", storeName is null ? null : $"{applicationId}-{storeName}-changelog",
        $"{applicationId}-stream-time", $"{applicationId}-raises");

    /// <summary>Stream time as the offset that is committed for it.</summary>
    public static long ToOffset(long streamTimeMs) => Math.Max(0, streamTimeMs + YearOneShiftMs);

    /// <summary>Stream time from the offset that was committed for it.</summary>
    public static long FromOffset(long offset) => offset - YearOneShiftMs;
}
