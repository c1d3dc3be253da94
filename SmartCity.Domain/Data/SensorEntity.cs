namespace SmartCity.Domain.Data;

/// <summary>One row of <c>sensors</c>: what is known last of a sensor. Kept by the PostgreSQL sink from the sensor status topic.</summary>
public sealed class SensorEntity
{
    /// <summary>The sensor's name; the key.</summary>
    public string SensorId { get; set; } = "";

    /// <summary>Its type's name on the wire, e.g. <c>air_quality</c>.</summary>
    public string SensorType { get; set; } = "";

    /// <summary>Its city.</summary>
    public string City { get; set; } = "";

    /// <summary>Its district; <c>""</c> when it names none.</summary>
    public string District { get; set; } = "";

    /// <summary>Degrees north; null when it does not say where it is.</summary>
    public double? Latitude { get; set; }

    /// <summary>Degrees east.</summary>
    public double? Longitude { get; set; }

    /// <summary>Event time of the latest reading, UTC.</summary>
    public DateTime LastSeen { get; set; }

    /// <summary>The smoothed time between its readings in ms; null after the first.</summary>
    public long? IntervalMs { get; set; }

    /// <summary>The latest values as a JSON object, metric name to number, e.g. <c>{"pm25":18.4}</c> (jsonb in PostgreSQL, text in SQLite).</summary>
    public string Metrics { get; set; } = "{}";

    /// <summary>The partition of the status topic the row came from.</summary>
    public int SourcePartition { get; set; }

    /// <summary>Its offset there: of two versions of a row the one with the greater offset is the newer.</summary>
    public long SourceOffset { get; set; }
}
