using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

using SmartCity.Domain.Readings;

namespace SmartCity.Simulator.City;

/// <summary>Places the sensors: round all cities, each city filled in the same mixture of kinds, each kind spread over the districts.</summary>
internal static class SensorPlan
{
    private const SensorType A = SensorType.AirQuality;
    private const SensorType T = SensorType.Traffic;
    private const SensorType P = SensorType.Parking;
    private const SensorType W = SensorType.Weather;
    private const SensorType E = SensorType.Energy;

    // Out of twenty: six for traffic, five for air, four for energy, three garages, two for weather. The first five are one of each.
    private static readonly SensorType[] Mixture = [A, T, P, W, E, T, A, E, T, A, P, T, E, A, T, W, P, A, E, T];

    // How often a kind reports against the others, and how its ids begin.
    private static readonly double[] Frequency = [1, 2, 0.5, 0.7, 1.3];
    private static readonly string[] Prefix = ["AQ", "TR", "PK", "WX", "EN"];

    // About 700 m to each side.
    private const double LatitudeSpread = 0.0063;
    private const double LongitudeSpread = 0.0100;

    public static Sensor[] Place(CityOptions options)
    {
        var mixture = Mixture.Where(options.Types.Contains).ToArray();
        var sensors = new Sensor[options.Sensors];
        var counts = new int[options.Cities.Count, SensorTypes.All.Count];
        var frequencies = 0.0;
        for (var i = 0; i < sensors.Length; i++)
        {
            var city = i % options.Cities.Count;
            var type = mixture[i / options.Cities.Count % mixture.Length];
            sensors[i] = Build(options, city, type, counts[city, (int)type]++);
            frequencies += Frequency[(int)type];
        }

        foreach (var sensor in sensors)
        {
            sensor.IntervalUs = frequencies / (Frequency[(int)sensor.Type] * options.Rate) * 1e6;
        }

        Silence(options, sensors);
        return sensors;
    }

    private static Sensor Build(CityOptions options, int city, SensorType type, int number)
    {
        var place = options.Cities[city];
        var slot = (number + (int)type) % place.Districts.Count;
        var district = place.Districts[slot];
        var id = $"{Prefix[(int)type]}-{place.Code}-{number + 1:0000}";

        // The id decides, not the position in the list: a sensor is the same one whatever else is simulated.
        var seed = Noise.Hash((ulong)options.Seed, StableHash(id));
        var dice = new Dice(seed);
        var latitude = Math.Round(district.Latitude + (((2 * dice.Uniform()) - 1) * LatitudeSpread), 5);
        var longitude = Math.Round(district.Longitude + (((2 * dice.Uniform()) - 1) * LongitudeSpread), 5);
        return new Sensor
        {
            Type = type,
            Id = id,
            City = city,
            District = district,
            Latitude = latitude,
            Longitude = longitude,
            Seed = seed,
            Activity = 1.25 - (0.55 * slot / Math.Max(1, place.Districts.Count - 1)),
            Size = 0.6 + (0.8 * dice.Uniform()),
            Bias = dice.Bell(),
            Key = Encoding.UTF8.GetBytes(id),
            Head = Encoding.UTF8.GetBytes(
                $"{{\"sensor_id\":\"{id}\",\"sensor_type\":\"{SensorTypes.Of(type).Name}\",\"city\":\"{Json(place.Name)}\",\"district\":\"{Json(district.Name)}\",\"timestamp\":\""),
            Middle = Encoding.UTF8.GetBytes(FormattableString.Invariant($"\",\"location\":{{\"lat\":{latitude},\"lon\":{longitude}}},\"metrics\":{{")),
        };
    }

    /// <summary>Exactly the asked share of sensors falls silent, each at its own moment within the first hour.</summary>
    private static void Silence(CityOptions options, Sensor[] sensors)
    {
        var startUs = options.Start.ToUnixTimeMilliseconds() * 1000;
        var count = (int)Math.Round(options.SilentFraction * sensors.Length);
        foreach (var sensor in sensors.OrderBy(s => Noise.Hash(s.Seed, 77)).ThenBy(s => s.Id, StringComparer.Ordinal).Take(count))
        {
            sensor.SilentFromUs = startUs + (long)(Noise.Uniform(Noise.Hash(sensor.Seed, 78)) * 3.6e9);
        }
    }

    private static string Json(string name) => JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();

    /// <summary>FNV-1a: string.GetHashCode is another in each process.</summary>
    private static ulong StableHash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var character in text)
        {
            hash = (hash ^ character) * 1099511628211UL;
        }

        return hash;
    }
}
