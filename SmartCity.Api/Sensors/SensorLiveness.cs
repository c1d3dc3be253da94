namespace SmartCity.Api.Sensors;

/// <summary>How lately a sensor has been heard of, judged by its own rhythm: a fixed limit would call a garage dead that reports every half hour.</summary>
internal enum SensorStatusKind
{
    Live,
    Late,
    Silent,
    Gone,
}

/// <summary>The rule: late after three of its intervals, silent after ten and at least 15 minutes, gone after seven days.</summary>
internal static class SensorLiveness
{
    public static readonly IReadOnlyList<string> Names = ["live", "late", "silent", "gone"];

    private static readonly TimeSpan Gone = TimeSpan.FromDays(7);
    private static readonly TimeSpan LeastSilence = TimeSpan.FromMinutes(15);

    /// <summary>The table lags behind the sensor: its status is passed on every ten seconds at most, and then travels.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    public static SensorStatusKind Judge(DateTime lastSeen, long? intervalMs, DateTime now)
    {
        var age = now - lastSeen;
        if (age > Gone)
        {
            return SensorStatusKind.Gone;
        }

        var interval = TimeSpan.FromMilliseconds(intervalMs ?? 0);
        if (age > TimeSpan.FromTicks(Math.Max(LeastSilence.Ticks, 10 * interval.Ticks)))
        {
            return SensorStatusKind.Silent;
        }

        return intervalMs is not null && age > (3 * interval) + Slack ? SensorStatusKind.Late : SensorStatusKind.Live;
    }

    public static string Name(this SensorStatusKind status) => Names[(int)status];
}
