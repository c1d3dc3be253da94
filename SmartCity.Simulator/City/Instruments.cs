using SmartCity.Domain.Readings;

namespace SmartCity.Simulator.City;

/// <summary>What a sensor shows for the state of its city: values by metric index, as its type's definition orders them.</summary>
internal static class Instruments
{
    public static void Measure(Sensor sensor, in CityState city, long timeMs, ref Dice dice, Span<double> values)
    {
        switch (sensor.Type)
        {
            case SensorType.AirQuality: Air(sensor, city, ref dice, values); break;
            case SensorType.Traffic: Traffic(sensor, city, ref dice, values); break;
            case SensorType.Parking: Parking(sensor, city, timeMs, ref dice, values); break;
            case SensorType.Weather: Weather(sensor, city, ref dice, values); break;
            case SensorType.Energy: Energy(sensor, city, ref dice, values); break;
            default: throw new ArgumentOutOfRangeException(nameof(sensor), sensor.Type, "no such sensor type");
        }
    }

    /// <summary>Exhaust and, in the cold, stoves; wind carries it off and rain washes it out.</summary>
    private static void Air(Sensor sensor, in CityState city, ref Dice dice, Span<double> values)
    {
        var traffic = city.Traffic * sensor.Activity;
        var spread = 1 / (0.55 + (city.WindSpeed / 4));
        var washed = 1 / (1 + (0.35 * city.Rain));
        var stoves = 0.45 * Math.Max(0, 15 - city.Temperature);
        var fine = Math.Max(0.5, ((4 + (13 * traffic) + stoves) * spread * washed) + (0.5 * sensor.Bias) + (0.8 * dice.Bell()));
        values[0] = fine;
        values[1] = Math.Max(1, (fine * 1.4) + 3 + (6 * traffic * washed) + dice.Bell());
        values[2] = Math.Max(1, ((5 + (55 * traffic)) * spread * (0.4 + (0.6 * washed))) + sensor.Bias + (1.5 * dice.Bell()));
        values[3] = 418 + (38 * traffic * spread) + (2 * sensor.Bias) + (2 * dice.Bell());
        values[4] = city.Temperature + (0.3 * sensor.Bias) + (0.15 * dice.Bell());
        values[5] = Math.Clamp(city.Humidity + sensor.Bias + (0.8 * dice.Bell()), 5, 100);
    }

    /// <summary>Cars in a minute on a road of one to three lanes; it clogs as demand nears what it can carry, sooner in the rain.</summary>
    private static void Traffic(Sensor sensor, in CityState city, ref Dice dice, Span<double> values)
    {
        var load = Math.Max(0, city.Traffic * sensor.Activity * (1 + (0.07 * dice.Bell())));
        var tightness = load * (1 + (0.03 * Math.Min(city.Rain, 10)));
        var congestion = Math.Clamp(8 * tightness * tightness / (0.5 + tightness), 0, 10);
        var free = 48 + (10 * sensor.Size) + sensor.Bias;
        values[0] = Math.Floor((load * 60 * sensor.Size) + 0.5);
        values[1] = Math.Max(3, (free * (1 - (0.078 * congestion))) + (1.5 * dice.Bell()));
        values[2] = congestion;
    }

    private static void Parking(Sensor sensor, in CityState city, long timeMs, ref Dice dice, Span<double> values)
    {
        Garage.Advance(sensor, city.Time, timeMs, dice.Bell());
        var total = sensor.TotalSpots;
        var occupied = Math.Floor(sensor.Cars + 0.5);
        values[0] = total;
        values[1] = occupied;
        values[2] = total - occupied;
        values[3] = 100 * occupied / total;
    }

    private static void Weather(Sensor sensor, in CityState city, ref Dice dice, Span<double> values)
    {
        var direction = city.WindDirection + (12 * dice.Bell());
        values[0] = city.Temperature + (0.2 * sensor.Bias) + (0.1 * dice.Bell());
        values[1] = Math.Clamp(city.Humidity + (0.7 * sensor.Bias) + (0.6 * dice.Bell()), 5, 100);
        values[2] = city.Pressure + (0.2 * sensor.Bias) + (0.1 * dice.Bell());
        values[3] = Math.Max(0, city.WindSpeed * (1 + (0.12 * dice.Bell())));
        values[4] = direction - (360 * Math.Floor(direction / 360));
        values[5] = city.Rain <= 0 ? 0 : Math.Max(0, city.Rain * (1 + (0.1 * dice.Bell())));
    }

    /// <summary>A block on one meter: up in the morning and more so in the evening, heating below 16 °C, cooling above 23 °C; the current is what power, voltage and power factor make it.</summary>
    private static void Energy(Sensor sensor, in CityState city, ref Dice dice, Span<double> values)
    {
        var hour = city.Time.Hour;
        var habit = 0.42 + (0.2 * Noise.Hill(hour, 8, 2.5)) + (0.42 * Noise.Hill(hour, 19.5, 3.5)) + (0.12 * Noise.Hill(hour, 13, 5));
        var climate = (0.03 * Math.Max(0, 16 - city.Temperature)) + (0.035 * Math.Max(0, city.Temperature - 23));
        var load = (habit + climate) * (1 + (0.03 * dice.Bell()));
        var power = Rounded(Math.Max(1, 220 * sensor.Size * load), 100);
        var voltage = Rounded(231 + (0.8 * sensor.Bias) - (2.5 * load) + (0.5 * dice.Bell()), 10);
        var factor = Rounded(Math.Clamp(0.955 - (0.03 * load) + (0.006 * dice.Bell()), 0.8, 0.999), 1000);
        values[0] = power;
        values[1] = voltage;
        values[2] = power * 1000 / (voltage * factor);
        values[3] = factor;
    }

    /// <summary>To the decimals that the reading will show, so that the figures shown fit one another.</summary>
    private static double Rounded(double value, double scale) => Math.Floor((value * scale) + 0.5) / scale;
}
