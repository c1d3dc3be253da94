using System.Diagnostics;
using System.Globalization;
using System.Text;

using Confluent.Kafka;

namespace SmartCity.Tests.Rig;

/// <summary>How a flood of readings is made. The same seed gives the same readings, but for when they reach the log.</summary>
internal sealed record FloodOptions
{
    public required string BootstrapServers { get; init; }

    public required string Topic { get; init; }

    public required int Partitions { get; init; }

    /// <summary>Readings a second, bursts aside.</summary>
    public int Rate { get; init; } = 2000;

    /// <summary>How long it lasts.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    public int Seed { get; init; } = 1;

    /// <summary>The stretch of event time that the readings cover, so that windows close while the flood lasts.</summary>
    public TimeSpan EventTime { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long before the wall clock that stretch ends.</summary>
    public TimeSpan Behind { get; init; } = TimeSpan.Zero;
}

/// <summary>
/// Makes up readings of five types in three cities and sends them at a steady rate: some late (up to 25 minutes), some twice, some faulty in every way that a
/// producer may be, many more from some sensors than from others. One second in ten brings three times as many. The last partition falls silent for a third of the time, so that its stream time must be raised.
/// </summary>
internal sealed class CityFlood(FloodOptions options)
{
    private const int Sensors = 200;

    private static readonly string[] Cities = ["Warsaw", "São Paulo", "東京"];
    private static readonly string[] Districts = ["", "Wola", "Praga/Północ", "Centro"];
    private static readonly string[] Types = ["air_quality", "traffic", "parking", "weather", "energy"];

    private readonly Random _dice = new(options.Seed);
    private readonly TimeSpan _tick = TimeSpan.FromMilliseconds(20);

    /// <summary>Readings sent so far.</summary>
    public int Sent { get; private set; }

    /// <summary>Sends it all and waits until the brokers have it.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var config = new ProducerConfig { BootstrapServers = options.BootstrapServers, EnableIdempotence = true, LingerMs = 5, QueueBufferingMaxMessages = 1_000_000 };
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(config).Build();
        DateTimeOffset begin = TimeProvider.System.GetUtcNow() - options.Behind - options.EventTime;
        int total = Due(options.Duration);
        long start = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(_tick);
        while (Sent < total && await timer.WaitForNextTickAsync(cancellation))
        {
            int due = Math.Min(total, Due(Stopwatch.GetElapsedTime(start)));
            for (; Sent < due; Sent++)
            {
                Send(producer, begin, (double)Sent / total);
            }
        }

        producer.Flush(cancellation);
    }

    /// <summary>Sends a reading of this very moment to each partition: whatever lies further back than window and grace is final then.</summary>
    public async Task SendLastReadingsAsync()
    {
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = options.BootstrapServers }).Build();
        for (int partition = 0; partition < options.Partitions; partition++, Sent++)
        {
            byte[] reading = Encoding.UTF8.GetBytes(Reading(partition, TimeProvider.System.GetUtcNow()));
            await producer.ProduceAsync(new TopicPartition(options.Topic, partition), new Message<byte[], byte[]> { Key = [], Value = reading });
        }
    }

    private int Due(TimeSpan elapsed)
    {
        double seconds = elapsed.TotalSeconds;
        double bursts = Math.Floor(seconds / 10) + Math.Max(0, (seconds % 10) - 9);
        return (int)(options.Rate * (seconds + (2 * bursts)));
    }

    private void Send(IProducer<byte[], byte[]> producer, DateTimeOffset begin, double progress)
    {
        int sensor = (int)(Sensors * Math.Pow(_dice.NextDouble(), 1.5));
        int partition = sensor % options.Partitions;
        if (partition == options.Partitions - 1 && progress is > 0.3 and < 0.63)
        {
            sensor--;
            partition--;
        }

        DateTimeOffset time = begin + (options.EventTime * progress) + TimeSpan.FromMilliseconds(_dice.Next(1000));
        if (_dice.NextDouble() < 0.05)
        {
            time -= TimeSpan.FromMinutes(25) * _dice.NextDouble();
        }

        byte[] value = Encoding.UTF8.GetBytes(Reading(sensor, time));
        if (_dice.NextDouble() < 0.005)
        {
            value = Spoil(value, time);
        }

        var message = new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes($"S-{sensor:D4}"), Value = value };
        for (int copies = _dice.NextDouble() < 0.002 ? 2 : 1; copies > 0; copies--)
        {
            producer.Produce(new TopicPartition(options.Topic, partition), message);
        }
    }

    private string Reading(int sensor, DateTimeOffset time)
    {
        string type = Types[sensor / 4 % Types.Length];
        string district = Districts[sensor / 20 % Districts.Length];
        string place = district.Length == 0 ? "" : $"\"district\":\"{district}\",";
        return $$"""
            {"sensor_id":"S-{{sensor:D4}}","sensor_type":"{{type}}","city":"{{Cities[sensor / 7 % Cities.Length]}}",{{place}}"timestamp":"{{time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)}}","location":{"lat":52.2,"lon":21.0},"metrics":{{{Metrics(type)}}},"n":{{Sent}}}
            """;
    }

    private string Metrics(string type) => type switch
    {
        "air_quality" => $"\"pm25\":{Number(0, 90)},\"pm10\":{Number(0, 120)},\"no2\":{{\"value\":{Number(0, 80)},\"unit\":\"µg/m³\"}},\"temperature\":{Number(-20, 35)}",
        "traffic" => $"\"vehicle_count\":{_dice.Next(200)},\"average_speed\":{Number(0, 90)},\"congestion_level\":{Number(0, 10)}",
        "parking" => $"\"total_spots\":400,\"occupied_spots\":{_dice.Next(450)},\"available_spots\":{_dice.Next(-50, 400)},\"occupancy_rate\":{Number(0, 112)}",
        "weather" => $"\"temperature\":{Number(-20, 35)},\"humidity\":null,\"wind_speed\":{Number(0, 30)},\"wind_direction\":{Number(0, 360)},\"precipitation\":{Number(0, 5)}",
        _ => $"\"power_consumption\":{Number(-40, 900)},\"voltage\":{Number(225, 235)},\"apparent_power\":\"inf\"",
    };

    private string Number(double from, double to) => Math.Round(from + (_dice.NextDouble() * (to - from)), _dice.Next(6)).ToString(CultureInfo.InvariantCulture);

    private byte[] Spoil(byte[] reading, DateTimeOffset time)
    {
        string text = Encoding.UTF8.GetString(reading);
        return _dice.Next(9) switch
        {
            0 => [],
            1 => reading[..(reading.Length / 2)],
            2 => [.. reading[..20], 0xFF, .. reading[20..]],
            3 => Encoding.UTF8.GetBytes("[" + text + "]"),
            4 => Encoding.UTF8.GetBytes(text.Replace("\"city\":\"", "\"town\":\"", StringComparison.Ordinal)),
            5 => Encoding.UTF8.GetBytes(text.Replace("\"sensor_type\":\"", "\"sensor_type\":\"x", StringComparison.Ordinal)),
            6 => Encoding.UTF8.GetBytes(text.Replace("Z\",\"location", "\",\"location", StringComparison.Ordinal)),
            7 => Encoding.UTF8.GetBytes(text.Replace($"\"timestamp\":\"{time.Year}", "\"timestamp\":\"2999", StringComparison.Ordinal)),
            _ => Encoding.UTF8.GetBytes(text.Replace("\"lat\":52.2", "\"lat\":152.2", StringComparison.Ordinal)),
        };
    }
}
