namespace SmartCity.Domain.Readings;

/// <summary>A metric of one sensor type: its name on the wire, the stem of its columns, its unit and the range of values it may take (both ends included).</summary>
/// <param name="Name">The name in a reading's <c>metrics</c>, e.g. <c>average_speed</c>.</param>
/// <param name="Stem">The stem of its columns in tables and API fields, e.g. <c>speed</c> in <c>avg_speed</c>.</param>
/// <param name="Unit">Its unit, for people.</param>
/// <param name="Min">The smallest value that is accepted.</param>
/// <param name="Max">The largest value that is accepted.</param>
/// <param name="Kind">How its values are aggregated.</param>
public sealed record MetricDefinition(string Name, string Stem, string Unit, double Min, double Max, MetricKind Kind = MetricKind.Linear);

/// <summary>How the values of a metric are aggregated.</summary>
public enum MetricKind : byte
{
    /// <summary>Count, mean, minimum, maximum, standard deviation.</summary>
    Linear = 0,

    /// <summary>As <see cref="Linear"/>, and the sum means something by itself and is shown.</summary>
    Additive = 1,

    /// <summary>Degrees on a circle: count, circular mean and consistency (the length R of the mean vector, 0–1); no minimum, maximum or deviation.</summary>
    Circular = 2,
}

/// <summary>A sensor type with its metrics, in the order in which they are indexed everywhere.</summary>
/// <param name="Type">The type.</param>
/// <param name="Name">Its name on the wire, snake_case.</param>
/// <param name="Slug">Its name in URLs, e.g. <c>air-quality</c>.</param>
/// <param name="Table">The table its windows are kept in, e.g. <c>air_quality_agg</c>.</param>
/// <param name="Metrics">Its metrics; at most <see cref="SensorTypes.MaxMetrics"/>.</param>
public sealed record SensorTypeDefinition(SensorType Type, string Name, string Slug, string Table, IReadOnlyList<MetricDefinition> Metrics);

/// <summary>The catalogue of sensor types and metrics: the one place that knows their names, units and ranges.</summary>
public static class SensorTypes
{
    /// <summary>The largest number of metrics any type has.</summary>
    public const int MaxMetrics = 6;

    /// <summary>Every type, indexed by <see cref="SensorType"/>.</summary>
    public static IReadOnlyList<SensorTypeDefinition> All { get; } =
    [
        new(SensorType.AirQuality, "air_quality", "air-quality", "air_quality_agg",
        [
            new("pm25", "pm25", "µg/m³", 0, 2000),
            new("pm10", "pm10", "µg/m³", 0, 5000),
            new("no2", "no2", "µg/m³", 0, 5000),
            new("co2", "co2", "ppm", 0, 50_000),
            new("temperature", "temperature", "°C", -90, 70),
            new("humidity", "humidity", "%", 0, 100),
        ]),
        new(SensorType.Traffic, "traffic", "traffic", "traffic_agg",
        [
            new("vehicle_count", "vehicle_count", "vehicles", 0, 100_000, MetricKind.Additive),
            new("average_speed", "speed", "km/h", 0, 300),
            new("congestion_level", "congestion", "index", 0, 10),
        ]),
        new(SensorType.Parking, "parking", "parking", "parking_agg",
        [
            new("total_spots", "total_spots", "spots", 0, 1e6),
            new("occupied_spots", "occupied_spots", "spots", 0, 1e6),
            new("available_spots", "available_spots", "spots", -1e6, 1e6),
            new("occupancy_rate", "occupancy_rate", "%", 0, 200),
        ]),
        new(SensorType.Weather, "weather", "weather", "weather_agg",
        [
            new("temperature", "temperature", "°C", -90, 70),
            new("humidity", "humidity", "%", 0, 100),
            new("pressure", "pressure", "hPa", 300, 1100),
            new("wind_speed", "wind_speed", "m/s", 0, 120),
            new("wind_direction", "wind_direction", "°", 0, 360, MetricKind.Circular),
            new("precipitation", "precipitation", "mm/h", 0, 1000, MetricKind.Additive),
        ]),
        new(SensorType.Energy, "energy", "energy", "energy_agg",
        [
            new("power_consumption", "power_consumption", "kW", -1e6, 1e6),
            new("voltage", "voltage", "V", 0, 1e6),
            new("current", "current", "A", -1e5, 1e5),
            new("power_factor", "power_factor", "", -1, 1),
        ]),
    ];

    /// <summary>The definition of a type.</summary>
    public static SensorTypeDefinition Of(SensorType type) => All[(int)type];
}
