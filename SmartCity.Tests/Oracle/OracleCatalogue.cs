namespace SmartCity.Tests.Oracle;

/// <summary>The sensor types, written down a second time from the contract on the wire, so that a slip in the product's own list is seen.</summary>
internal static class OracleCatalogue
{
    public static readonly IReadOnlyDictionary<string, OracleMetric[]> Types = new Dictionary<string, OracleMetric[]>
    {
        ["air_quality"] = [new("pm25", 0, 2000), new("pm10", 0, 5000), new("no2", 0, 5000), new("co2", 0, 50_000), new("temperature", -90, 70), new("humidity", 0, 100)],
        ["traffic"] = [new("vehicle_count", 0, 100_000) { Summed = true }, new("average_speed", 0, 300) { Stem = "speed" }, new("congestion_level", 0, 10) { Stem = "congestion" }],
        ["parking"] = [new("total_spots", 0, 1e6), new("occupied_spots", 0, 1e6), new("available_spots", -1e6, 1e6), new("occupancy_rate", 0, 200)],
        ["weather"] =
        [
            new("temperature", -90, 70), new("humidity", 0, 100), new("pressure", 300, 1100), new("wind_speed", 0, 120),
            new("wind_direction", 0, 360) { Circular = true }, new("precipitation", 0, 1000) { Summed = true },
        ],
        ["energy"] = [new("power_consumption", -1e6, 1e6), new("voltage", 0, 1e6), new("current", -1e5, 1e5), new("power_factor", -1, 1)],
    };
}

/// <summary>A metric: its name and range, and what becomes of it in the tables.</summary>
internal sealed record OracleMetric(string Name, double Min, double Max)
{
    public string Stem { get; init; } = Name;

    public bool Circular { get; init; }

    public bool Summed { get; init; }
}
