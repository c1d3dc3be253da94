namespace SmartCity.Domain;

/// <summary>The names of the platform's public Kafka topics. The engine's internal ones derive from the application id.</summary>
public static class Topics
{
    /// <summary>Readings as sensors publish them; key = sensor id, value = JSON.</summary>
    public const string Sensors = "smart-city-sensors";

    /// <summary>Readings that broke a rule, byte for byte, with the reason in headers.</summary>
    public const string DeadLetters = "smart-city-sensors.dead-letters";

    /// <summary>Valid readings that came too late for every window, byte for byte, with their lateness in a header.</summary>
    public const string Late = "smart-city-sensors.late";

    /// <summary>One row a window and change; key = type|city|district|window_start, value = <see cref="Aggregates.AggregateRow"/> as JSON.</summary>
    public const string Aggregates = "smart-city-aggregates";

    /// <summary>The latest reading of each sensor, at most one every ten seconds; compacted; key = sensor id.</summary>
    public const string SensorStatus = "smart-city-sensor-status";

    /// <summary>How many valid readings came, by hour and type: one record a commit of an input partition; and, now and then, how far each window task is; value = <see cref="Aggregates.ReadingCounts"/> as JSON.</summary>
    public const string Quality = "smart-city-quality";

    /// <summary>What each worker says of itself every few seconds; compacted; key = worker, value = <see cref="WorkerReport"/> as JSON.</summary>
    public const string Workers = "smart-city-workers";
}
