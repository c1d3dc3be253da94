using System.Globalization;

using Confluent.Kafka;

using Npgsql;

using SmartCity.Tests.Oracle;
using SmartCity.Tests.Rig;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Golden;

/// <summary>The same recordings through a real Kafka and two workers into PostgreSQL: every window there equals Kafka Streams' own.</summary>
internal sealed class GoldenOnKafkaTests
{
    [TestCase("small-21", 87, 158)]
    [TestCase("synthetic-11", 489, 1064)]
    [TestCase("aarhus-2014", 1160, 8)]
    public async Task Every_window_in_PostgreSQL_equals_that_of_Kafka_Streams(string name, int invalid, int late)
    {
        var options = new RigOptions();
        var readings = Recordings.Readings(name);
        var expected = Recordings.Windows(name, options.Partitions).Select(line => GoldenWindow.Read(line)).ToDictionary(pair => pair.Key, pair => pair.Window);
        await using var rig = await PlatformRig.StartAsync(options, rig => PublishAsync(rig.Kafka.BootstrapServers, rig.SensorsTopic, readings));

        // What is wrong stays so; what is only not there yet arrives.
        List<string> differences = [];
        try
        {
            await Eventually.IsTrueAsync(
                async () =>
                {
                    rig.CheckWorkers();
                    differences = await CompareAsync(rig.Database, expected);
                    return differences.Count == 0;
                },
                "every window is as in Kafka Streams",
                TimeSpan.FromMinutes(4));
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{differences.Count} of {expected.Count} windows differ:\n{string.Join('\n', differences.Take(20))}\n\n{rig.Output}");
        }

        Assert.That(rig.DeadLetters().Sum(partition => partition.Count), Is.EqualTo(invalid), "dead letters");
        Assert.That(rig.Late().Sum(partition => partition.Count), Is.EqualTo(late), "late readings");
        await TestContext.Progress.WriteLineAsync($"{name}: {readings.Count} readings through two workers, {expected.Count} windows in PostgreSQL equal Kafka Streams'");
    }

    private static async Task<List<string>> CompareAsync(string connectionString, Dictionary<string, GoldenWindow> expected)
    {
        var differences = new List<string>();
        var missing = new HashSet<string>(expected.Keys);
        await using var database = NpgsqlDataSource.Create(connectionString);
        foreach (var (type, metrics) in OracleCatalogue.Types)
        {
            await using var command = database.CreateCommand($"SELECT * FROM {type}_agg");
            await using var row = await command.ExecuteReaderAsync();
            while (await row.ReadAsync())
            {
                var start = new DateTimeOffset((DateTime)row["window_start"]).ToUnixTimeMilliseconds();
                var key = string.Create(CultureInfo.InvariantCulture, $"{type}\t{row["city"]}\t{row["district"]}\t{start}");
                if (!missing.Remove(key))
                {
                    differences.Add($"{key}: should not be");
                }
                else if (expected[key].Difference(Read(row, metrics)) is { } difference)
                {
                    differences.Add($"{key}: {difference}");
                }
            }
        }

        differences.AddRange(missing.Select(key => $"{key}: missing"));
        return differences;
    }

    private static GoldenWindow Read(NpgsqlDataReader row, OracleMetric[] metrics) => new(
        (long)row["reading_count"],
        metrics.Where(metric => (long)row[$"count_{metric.Stem}"] > 0).ToDictionary(metric => metric.Name, metric =>
        {
            var count = (long)row[$"count_{metric.Stem}"];
            return metric.Circular
                ? new GoldenMetric(count, null, null, null)
                : new GoldenMetric(count, (double)row[$"avg_{metric.Stem}"] * count, (double)row[$"min_{metric.Stem}"], (double)row[$"max_{metric.Stem}"]);
        }));

    private static async Task PublishAsync(string bootstrapServers, string topic, IEnumerable<byte[]> readings)
    {
        using var producer = new ProducerBuilder<byte[]?, byte[]>(new ProducerConfig
        {
            BootstrapServers = bootstrapServers,
            EnableIdempotence = true,
            LingerMs = 20,
            Partitioner = Partitioner.Murmur2Random,
            QueueBufferingMaxMessages = 1_000_000,
        }).Build();
        var failed = 0;
        foreach (var reading in readings)
        {
            producer.Produce(
                topic, new Message<byte[]?, byte[]> { Key = Recordings.SensorId(reading), Value = reading },
                report => Interlocked.Add(ref failed, report.Error.IsError ? 1 : 0));
        }

        await Task.Run(() => producer.Flush(TimeSpan.FromMinutes(2)));
        Assert.That(failed, Is.Zero, "readings that Kafka did not take");
    }
}
