using System.Globalization;
using System.Text;

using Confluent.Kafka;
using Confluent.Kafka.Admin;

using SmartCity.Domain.Readings;

namespace SmartCity.Benchmarks.Drain;

/// <summary>Fills a topic with the readings of a city's sensors: the same ones for the same options.</summary>
internal sealed class Filling(Options options)
{
    private static readonly DateTimeOffset Start = new(2026, 1, 15, 14, 0, 0, TimeSpan.Zero);

    private readonly int _sensors = options.Whole("sensors", 20_000);
    private readonly int _cities = options.Whole("cities", 20);
    private readonly int _districts = options.Whole("districts", 10);
    private readonly Random _random = new(options.Whole("seed", 1));
    private readonly StringBuilder _json = new(512);

    public async Task RunAsync()
    {
        var (topic, readings) = (options.Topics.Sensors, options.Whole("readings", 4_000_000));
        await CreateAsync(topic);
        var spanMs = options.Whole("minutes", 60) * 60_000.0;
        var latePerMille = options.Whole("late-per-mille", 20);
        using var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
        {
            BootstrapServers = options.BootstrapServers,
            Partitioner = Partitioner.Murmur2Random,
            LingerMs = 20,
            BatchSize = 256 * 1024,
            QueueBufferingMaxMessages = 500_000,
            EnableDeliveryReports = false,
        }).Build();
        for (var i = 0; i < readings; i++)
        {
            var sensor = _random.Next(_sensors);
            var timeMs = Start.ToUnixTimeMilliseconds() + (long)(spanMs * i / readings);
            timeMs -= _random.Next(1000) < latePerMille ? _random.Next(1, 15 * 60_000) : 0;
            var value = Encoding.UTF8.GetBytes(Reading(sensor, timeMs));
            value = _random.Next(1000) == 0 ? value[.._random.Next(1, value.Length)] : value; // One in a thousand is no JSON.
            while (!TryProduce(producer, topic, Encoding.UTF8.GetBytes(IdOf(sensor)), value))
            {
                producer.Flush(TimeSpan.FromMilliseconds(50));
            }
        }

        producer.Flush(TimeSpan.FromMinutes(2));
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{readings} readings of {_sensors} sensors are in {topic}"));
    }

    private static bool TryProduce(IProducer<byte[], byte[]> producer, string topic, byte[] key, byte[] value)
    {
        try
        {
            producer.Produce(topic, new Message<byte[], byte[]> { Key = key, Value = value });
            return true;
        }
        catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
        {
            return false;
        }
    }

    /// <summary>Makes the sensors' topic.</summary>
    public async Task CreateAsync(string topic)
    {
        using var admin = options.Admin();
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = topic,
            NumPartitions = options.Whole("partitions", 4),
            ReplicationFactor = -1,
            Configs = new() { ["message.timestamp.type"] = "LogAppendTime", ["retention.ms"] = "-1" },
        }]);
    }

    private static SensorTypeDefinition TypeOf(int sensor) => SensorTypes.All[sensor % SensorTypes.All.Count];

    private int CityOf(int sensor) => sensor / SensorTypes.All.Count % _cities;

    public string IdOf(int sensor) => string.Create(CultureInfo.InvariantCulture, $"{TypeOf(sensor).Name[..2].ToUpperInvariant()}-{CityOf(sensor):D3}-{sensor / SensorTypes.All.Count / _cities:D5}");

    /// <summary>The JSON of a reading of a sensor, by its number.</summary>
    public string Reading(int sensor, long timeMs)
    {
        var district = sensor / SensorTypes.All.Count / _cities % _districts;
        _json.Clear().Append(CultureInfo.InvariantCulture, $"{{\"sensor_id\":\"{IdOf(sensor)}\",\"sensor_type\":\"{TypeOf(sensor).Name}\",\"city\":\"City {CityOf(sensor)}\",\"district\":\"District {district}\"")
            .Append(CultureInfo.InvariantCulture, $",\"timestamp\":\"{Rfc3339.Format(timeMs)}\",\"location\":{{\"lat\":{52 + (CityOf(sensor) / 10.0)},\"lon\":21.0122}},\"metrics\":{{");
        var separator = "";
        foreach (var metric in TypeOf(sensor).Metrics)
        {
            // A hundredth of the range above its least value, with one decimal, as instruments give it.
            var value = Math.Round(Math.Clamp(metric.Min, -10, 0) + (_random.NextDouble() * Math.Min(metric.Max, 1000)), 1);
            _json.Append(separator).Append(CultureInfo.InvariantCulture, $"\"{metric.Name}\":{Math.Clamp(value, metric.Min, metric.Max)}");
            separator = ",";
        }

        return _json.Append("}}").ToString();
    }
}
