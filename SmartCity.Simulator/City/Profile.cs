namespace SmartCity.Simulator.City;

/// <summary>What kind of day the cities have.</summary>
internal enum Profile
{
    /// <summary>An ordinary day with its own hours and weather (default).</summary>
    Steady,

    /// <summary>The clock of every city stands at eight on a workday.</summary>
    RushHour,

    /// <summary>Wind and heavy rain everywhere.</summary>
    Storm,

    /// <summary>Each hour one city loses its connection for ten minutes; what its sensors measured meanwhile arrives in a burst afterwards.</summary>
    Outage,
}
