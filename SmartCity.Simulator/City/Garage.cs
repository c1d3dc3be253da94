namespace SmartCity.Simulator.City;

/// <summary>A garage holds what drove in and has not driven out: it fills on workday mornings and empties in the evening. Cars that drive in need a free spot, cars that drive out must have come.</summary>
internal static class Garage
{
    private const double HourMs = 3_600_000;
    private const long StepMs = 600_000;
    private const int MaxSteps = 144;

    /// <summary>What a garage of this kind holds at a moment: the past day's coming and going, from a third full.</summary>
    public static void Settle(Sensor sensor, CityPlace place, long timeMs)
    {
        (sensor.CarsIn, sensor.CarsOut) = (sensor.TotalSpots / 3.0, 0);
        for (var at = timeMs - (MaxSteps * StepMs); at < timeMs; at += StepMs)
        {
            Flow(sensor, LocalTime.At(at, place.StandardOffsetHours), StepMs, 0);
        }

        sensor.CarsAtMs = timeMs;
    }

    /// <summary>Lets cars in and out from when they were last counted until now; <paramref name="luck"/> is a bell-shaped throw.</summary>
    public static void Advance(Sensor sensor, LocalTime time, long timeMs, double luck)
    {
        var steps = (int)Math.Clamp((timeMs - sensor.CarsAtMs) / StepMs, 1, MaxSteps);
        var stepMs = Math.Min((timeMs - sensor.CarsAtMs) / (double)steps, StepMs);
        for (var step = steps - 1; step >= 0; step--)
        {
            var hour = time.Hour - (step * stepMs / HourMs);
            Flow(sensor, time with { Hour = hour - (24 * Math.Floor(hour / 24)) }, stepMs, luck);
        }

        sensor.CarsAtMs = timeMs;
    }

    private static void Flow(Sensor sensor, LocalTime time, double stepMs, double luck)
    {
        var total = sensor.TotalSpots;
        var hours = stepMs / HourMs;
        var coming = time.Workday ? 0.06 + (0.85 * Noise.Hill(time.Hour, 8.5, 1.8)) + (0.15 * Noise.Hill(time.Hour, 13, 3)) : 0.05 + (0.3 * Noise.Hill(time.Hour, 13, 3));
        var going = time.Workday ? 0.1 + (0.75 * Noise.Hill(time.Hour, 17, 2.2)) : 0.12 + (0.3 * Noise.Hill(time.Hour, 18, 3));
        var cars = sensor.Cars;
        var free = Math.Max(0, total - cars);
        var arriving = coming * sensor.Activity * free * hours;
        var departing = going * cars * hours;

        // Chance in a flow of n cars is about the root of n.
        var chance = luck * Math.Sqrt(((coming * free) + (going * cars)) * hours);
        var departed = Math.Min(cars, departing + Math.Max(0, -chance));
        sensor.CarsOut += departed;
        sensor.CarsIn += Math.Min(free + departed, arriving + Math.Max(0, chance));
    }
}
