namespace SmartCity.AppHost.Hosting;

/// <summary>Rules for a first look, about things that a city has at some hour of each day, so that the list of alerts has something to show. Whoever configures rules of their own has those alone.</summary>
internal static class DemoAlerts
{
    private const string Section = "Alerts:Rules";

    private static readonly (string Id, string Type, string Metric, string Side, string Threshold, string Clear, string ForWindows, string Severity)[] Rules =
    [
        ("nitrogen-dioxide", "air_quality", "no2", "Above", "40", "35", "2", "warning"),
        ("fine-dust", "air_quality", "pm25", "Above", "25", "20", "2", "warning"),
        ("traffic-jam", "traffic", "avg_congestion", "Above", "5", "4", "2", "warning"),
        ("garages-full", "parking", "occupancy_rate", "Above", "75", "70", "1", "info"),
        ("frost", "weather", "temperature", "Below", "0", "1", "2", "info"),
        ("rain", "weather", "precipitation", "Above", "2", "1", "1", "info"),
        ("power-peak", "energy", "power_consumption", "Above", "280", "265", "2", "info"),
    ];

    /// <summary>The settings of the rules, or nothing where the configuration has rules.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> SettingsBeside(IConfiguration configuration)
        => configuration.GetSection(Section).Exists() ? [] : Rules.SelectMany((rule, index) => new Dictionary<string, string?>
        {
            [$"{Section}:{index}:Id"] = rule.Id,
            [$"{Section}:{index}:Type"] = rule.Type,
            [$"{Section}:{index}:Metric"] = rule.Metric,
            [$"{Section}:{index}:{rule.Side}"] = rule.Threshold,
            [$"{Section}:{index}:Clear"] = rule.Clear,
            [$"{Section}:{index}:ForWindows"] = rule.ForWindows,
            [$"{Section}:{index}:MinReadings"] = "3",
            [$"{Section}:{index}:Severity"] = rule.Severity,
        });
}
