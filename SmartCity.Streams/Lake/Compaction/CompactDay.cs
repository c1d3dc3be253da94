using System.Globalization;

using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Lake.Compaction;

/// <summary>A day (UTC) of one type in one city: what is merged together, and where it lies.</summary>
internal readonly record struct CompactDay(SensorType Type, string City, long StartMs)
{
    private const long DayMs = 86_400_000;

    /// <summary>Where its raw objects are, in a folder an hour.</summary>
    public string Raw => LakePaths.DayFolder(LakePaths.Raw, Type, City, StartMs);

    /// <summary>Where its merged objects are.</summary>
    public string Merged => LakePaths.DayFolder(LakePaths.RawCompact, Type, City, StartMs);

    /// <summary>Where its plans are.</summary>
    public string Plans => LakePaths.DayFolder(LakePaths.RawCompactPlans, Type, City, StartMs);

    public long EndMs => StartMs + DayMs;

    public static CompactDay Of(LakePath path) => new(path.Type, path.City, path.FromMs - (((path.FromMs % DayMs) + DayMs) % DayMs));

    /// <summary>The name of a merged object, without its part.</summary>
    public static string NamePrefix(int plan) => string.Create(CultureInfo.InvariantCulture, $"readings-{plan:D4}-");

    public static string Name(int plan, int part) => string.Create(CultureInfo.InvariantCulture, $"{NamePrefix(plan)}{part:D3}.parquet");

    public string PlanKey(int number) => string.Create(CultureInfo.InvariantCulture, $"{Plans}{number:D4}.json");

    /// <summary>The number of a plan by its key; null when it is none of this day's.</summary>
    public int? NumberOf(string planKey)
        => planKey.Length > Plans.Length + 5 && int.TryParse(planKey.AsSpan(Plans.Length..^5), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && PlanKey(number) == planKey ? number : null;

    public override string ToString()
        => $"{SensorTypes.Of(Type).Name} {City} {DateTimeOffset.FromUnixTimeMilliseconds(StartMs).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}";
}
