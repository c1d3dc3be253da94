using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Api;

/// <summary>Two hours of windows of every type in four cities, with their sensors, as if the platform had run until a given time.</summary>
internal static class SeededCity
{
    public static readonly string[] Cities = ["Warsaw", "Kraków", "Gdańsk", "Łódź"];

    public static async Task SeedAsync(this ApiUnderTest api, DateTime now)
    {
        var newest = new DateTime(now.Ticks - (now.Ticks % TimeSpan.TicksPerMinute), DateTimeKind.Utc).AddMinutes(-1);
        foreach (var type in SensorTypes.All)
        {
            await api.StoreAsync(type.Type,
                from city in Enumerable.Range(0, Cities.Length)
                from minute in Enumerable.Range(0, 120)
                where !(city == 2 && minute is > 40 and < 55) // a gap
                select Window(type, city, newest.AddMinutes(-minute), isFinal: minute > 15));
            await api.StoreAsync([.. Cities.Select(city => (object)new StreamProgressEntity
            {
                SensorType = type.Name, City = city, Watermark = now.AddSeconds(-4), ProcessingTime = now,
            })]);
            await api.StoreAsync([.. Enumerable.Range(0, 20).Select(number => (object)Sensor(type, number, now))]);
        }
    }

    public static WindowEntity Window(SensorTypeDefinition type, int city, DateTime start, bool isFinal)
    {
        var window = Windows.Of(type.Type, Cities[city], "", start, isFinal);
        double hour = (start - start.Date).TotalHours;
        for (int index = 0; index < type.Metrics.Count; index++)
        {
            var metric = type.Metrics[index];
            double middle = Middle(metric);
            double value = middle * (1 + (0.25 * Math.Sin((hour * 2) + city)) + (0.05 * Math.Sin((hour * 40) + (3 * city))));
            if (metric.Kind == MetricKind.Circular)
            {
                window["count_" + metric.Stem] = 10L;
                window["avg_" + metric.Stem] = value % 360;
                window["consistency_" + metric.Stem] = 0.9;
            }
            else
            {
                window.With(metric.Stem, [value * 0.9, value, value * 1.1]);
            }
        }

        window.ReadingCount = 58;
        window.ProcessingTime = start.AddMinutes(1);
        return window;
    }

    private static double Middle(MetricDefinition metric) => metric.Name switch
    {
        "pm25" => 18,
        "pm10" => 31,
        "no2" => 22,
        "co2" => 417,
        "temperature" => 8,
        "humidity" => 70,
        "vehicle_count" => 40,
        "average_speed" => 38,
        "congestion_level" => 4,
        "total_spots" => 400,
        "occupied_spots" => 260,
        "available_spots" => 140,
        "occupancy_rate" => 65,
        "pressure" => 1013,
        "wind_speed" => 4,
        "wind_direction" => 200,
        "precipitation" => 0.3,
        "power_consumption" => 55,
        "voltage" => 230,
        "current" => 240,
        _ => 0.9,
    };

    private static SensorEntity Sensor(SensorTypeDefinition type, int number, DateTime now) => new()
    {
        SensorId = $"{type.Name}-{number:00}",
        SensorType = type.Name,
        City = Cities[number % 4],
        District = number % 2 == 0 ? "" : "Centre",
        Latitude = 52.2,
        Longitude = 21,
        LastSeen = number == 0 ? now.AddDays(-1) : number == 1 ? now.AddMinutes(-2) : now.AddSeconds(-5),
        IntervalMs = 10_000,
        Metrics = $$"""{"{{type.Metrics[0].Name}}":12.5}""",
    };
}
