using System.Globalization;

using SmartCity.Domain.Readings;

namespace SmartCity.Domain.Lake;

/// <summary>
/// Where readings and final rows lie in the lake: Hive-style folders by event time in UTC. Folders end in <c>/</c>, so a folder and an object's name make a key,
/// and a folder is a prefix for listings.
/// </summary>
/// <remarks>
/// <c>raw-data/sensor_type=air_quality/city=Warsaw/year=2026/month=01/day=15/hour=14/smart-city-sensors-3-00000000000000000918.parquet</c>
/// </remarks>
public static class LakePaths
{
    /// <summary>The root of raw readings as they were written.</summary>
    public const string Raw = "raw-data";

    /// <summary>The root of raw readings in merged files: one reads this root or <see cref="Raw"/>, never both.</summary>
    public const string RawCompact = "raw-compact";

    /// <summary>The root of what says which objects of <see cref="Raw"/> are merged into which of <see cref="RawCompact"/>: not for readers.</summary>
    public const string RawCompactPlans = "raw-compact-plans";

    /// <summary>The root of final rows.</summary>
    public const string Aggregated = "aggregated-data";

    /// <summary>Everything of a type in a city: <c>raw-data/sensor_type=air_quality/city=Warsaw/</c>.</summary>
    public static string CityFolder(string root, SensorType type, string city)
        => $"{root}/sensor_type={SensorTypes.Of(type).Name}/city={HivePath.Escape(city)}/";

    /// <summary>The folder of the hour that holds <paramref name="timestampMs"/>, down to <c>hour=</c>; for raw readings.</summary>
    public static string HourFolder(string root, SensorType type, string city, long timestampMs)
        => CityFolder(root, type, city) + Time(timestampMs, "'year='yyyy'/month='MM'/day='dd'/hour='HH'/'");

    /// <summary>The folder of the day that holds <paramref name="timestampMs"/>, down to <c>day=</c>; for final rows (by window start) and merged readings.</summary>
    public static string DayFolder(string root, SensorType type, string city, long timestampMs)
        => CityFolder(root, type, city) + Time(timestampMs, "'year='yyyy'/month='MM'/day='dd'/'");

    /// <summary>
    /// The name of an object that holds a batch of a topic partition from <paramref name="firstOffset"/> on: <c>TOPIC-PARTITION-FIRSTOFFSET.parquet</c>. Offsets
    /// have twenty digits, as in Kafka's own log segments, so that names sort as offsets do.
    /// </summary>
    public static string BatchName(string topic, int partition, long firstOffset, string extension)
        => string.Create(CultureInfo.InvariantCulture, $"{topic}-{partition}-{firstOffset:D20}.{extension}");

    /// <summary>
    /// The name of an object that holds one reading: <c>SENSOR-ID_20260115T140327.512Z_PARTITION-OFFSET.json</c>. Where it stood in its partition is part of
    /// the name, since a sensor may send several readings with one timestamp and none may be lost.
    /// </summary>
    public static string ReadingName(string sensorId, long timestampMs, int partition, long offset)
        => string.Create(CultureInfo.InvariantCulture, $"{HivePath.Escape(sensorId)}_{Time(timestampMs, LakeObjectName.TimestampFormat)}_{partition}-{offset}.json");

    private static string Time(long ms, string format) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString(format, CultureInfo.InvariantCulture);
}
