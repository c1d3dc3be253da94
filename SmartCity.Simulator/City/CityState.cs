namespace SmartCity.Simulator.City;

/// <summary>
/// What is true of a whole city at one moment, whoever measures it: a pure function of seed and time. Sensors see it through their own place and error.
/// </summary>
/// <param name="Time">Local time.</param>
/// <param name="Temperature">°C.</param>
/// <param name="Humidity">%.</param>
/// <param name="Pressure">hPa.</param>
/// <param name="WindSpeed">m/s.</param>
/// <param name="WindDirection">Degrees, where it comes from.</param>
/// <param name="Rain">mm/h.</param>
/// <param name="Traffic">Demand on the roads: 0 none, 1 the height of an ordinary rush hour.</param>
internal readonly record struct CityState(
    LocalTime Time, double Temperature, double Humidity, double Pressure, double WindSpeed, double WindDirection, double Rain, double Traffic)
{
    private const double HourMs = 3_600_000;
    private const double DayMs = 24 * HourMs;

    /// <summary>The state of the city with that seed.</summary>
    public static CityState At(ulong seed, CityPlace place, long utcMs, Profile profile)
    {
        var time = profile == Profile.RushHour ? new LocalTime(8, true) : LocalTime.At(utcMs, place.StandardOffsetHours);
        var cloud = Math.Clamp(0.5 + (0.7 * Noise.Smooth(seed + 1, utcMs, 9 * HourMs)), 0, 1);
        var rain = RainAt(seed, utcMs, profile);
        var dayWave = Noise.Wave(((time.Hour - 15) / 24) + 0.25);
        var temperature = Season(utcMs) + (4.5 * dayWave * (1 - (0.5 * cloud))) + (5 * Noise.Smooth(seed + 2, utcMs, 1.7 * DayMs)) - (0.3 * rain);
        var humidity = Math.Clamp(70 - (13 * dayWave) + (20 * (cloud - 0.5)) + (6 * Math.Min(rain, 3)), 15, 99);
        var pressure = 1014 + (12 * Noise.Smooth(seed + 3, utcMs, 2.2 * DayMs)) - (0.6 * rain);
        return new CityState(time, temperature, humidity, pressure, WindAt(seed, utcMs, rain, profile), DirectionAt(seed, utcMs), rain, TrafficDemand(seed, utcMs, time));
    }

    /// <summary>The mean temperature of the day of the year: 20 °C late in July, -2 °C half a year away.</summary>
    private static double Season(long utcMs) => 9 + (11 * Noise.Wave((((utcMs / DayMs) - 202) / 365.2425) + 0.25));

    private static double RainAt(ulong seed, long utcMs, Profile profile)
    {
        var front = (0.65 * Noise.Smooth(seed + 4, utcMs, 7 * HourMs)) + (0.35 * Noise.Smooth(seed + 5, utcMs, 1.5 * HourMs));
        var rain = Math.Max(0, front - 0.35) * 12;
        return profile == Profile.Storm ? rain + 8 + (4 * front) : rain;
    }

    private static double WindAt(ulong seed, long utcMs, double rain, Profile profile)
    {
        var wind = 3.4 + (2.2 * Noise.Smooth(seed + 6, utcMs, 11 * HourMs)) + (1.1 * Noise.Smooth(seed + 7, utcMs, 1.3 * HourMs)) + (0.3 * rain);
        return Math.Max(0.1, profile == Profile.Storm ? wind + 15 : wind);
    }

    private static double DirectionAt(ulong seed, long utcMs)
    {
        var degrees = 250 + (120 * Noise.Smooth(seed + 8, utcMs, 2 * DayMs)) + (25 * Noise.Smooth(seed + 9, utcMs, 3 * HourMs));
        return degrees >= 360 ? degrees - 360 : degrees;
    }

    /// <summary>Two rush hours with a lower noon between them on a workday, one long low afternoon at the weekend.</summary>
    private static double TrafficDemand(ulong seed, long utcMs, LocalTime time)
    {
        var demand = time.Workday
            ? (0.93 * Noise.Hill(time.Hour, 8, 1.6)) + (0.95 * Noise.Hill(time.Hour, 17, 2)) + (0.35 * Noise.Hill(time.Hour, 12.5, 4))
            : 0.55 * Noise.Hill(time.Hour, 14, 4.5);
        return (0.05 + demand) * (1 + (0.08 * Noise.Smooth(seed + 10, utcMs, 0.7 * HourMs)));
    }
}
