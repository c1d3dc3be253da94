namespace SmartCity.Domain.Readings;

/// <summary>The five kinds of sensors a city has. The value indexes <see cref="SensorTypes.All"/> and never changes: it is stored.</summary>
public enum SensorType : byte
{
    /// <summary><c>air_quality</c></summary>
    AirQuality = 0,

    /// <summary><c>traffic</c></summary>
    Traffic = 1,

    /// <summary><c>parking</c></summary>
    Parking = 2,

    /// <summary><c>weather</c></summary>
    Weather = 3,

    /// <summary><c>energy</c></summary>
    Energy = 4,
}
