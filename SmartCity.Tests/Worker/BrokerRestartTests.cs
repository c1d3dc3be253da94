using System.Text.Json;

using Confluent.Kafka;

using SmartCity.Domain;
using SmartCity.Domain.Configuration;
using SmartCity.Tests.Api;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Worker;

/// <summary>
/// A broker that is killed and started again under a worker and under an API that is asked for the pipeline all the while: what they ask of Kafka, they ask in the
/// middle of it, and questions of an admin client have ended processes there.
/// </summary>
internal sealed class BrokerRestartTests
{
    [Test]
    public async Task A_broker_that_is_killed_again_and_again_ends_neither_the_worker_nor_the_API()
    {
        await using KafkaServer kafka = await TestServers.OwnKafkaAsync();
        string lake = Scratch.Folder("lake");
        var settings = new Dictionary<string, string>
        {
            ["Kafka:BootstrapServers"] = kafka.BootstrapServers,
            ["Streams:SensorPartitions"] = "2",
            ["Streams:RepartitionPartitions"] = "2",
            ["Streams:Roles"] = "combine,windows,lake",
            ["Streams:IdleTimeout"] = "1s",
            ["Lake:Folder"] = lake,
            ["Lake:FlushInterval"] = "1s",
        };
        await using var worker = WorkerProcess.Start(settings);
        await worker.ReadyAsync();
        await using var api = await ApiUnderTest.StartAsync(
            await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ("Kafka:BootstrapServers", kafka.BootstrapServers));
        using var asking = new CancellationTokenSource();
        Task poller = AskAsync(api, asking.Token);
        for (int round = 1; round <= 2; round++)
        {
            await ProduceAsync(kafka.BootstrapServers, round);
            await Eventually.IsTrueAsync(async () => await PositionAsync(api) == round, $"the pipeline shows {round} readings taken");
            await kafka.KillAsync();
            await Eventually.IsTrueAsync(async () => !(await api.JsonAsync("/pipeline")).GetProperty("kafka").GetBoolean(), "the pipeline says that Kafka is away");
            await kafka.StartAgainAsync();
        }

        await ProduceAsync(kafka.BootstrapServers, 3);
        await Eventually.IsTrueAsync(async () => await PositionAsync(api) == 3, "the pipeline shows all readings taken");
        await asking.CancelAsync();
        await poller;
        Assert.That(worker.HasExited, Is.False, worker.Output);
        Assert.That(await worker.TerminateAsync(), Is.Zero, worker.Output);
        Scratch.Remove(lake);
    }

    private static async Task AskAsync(ApiUnderTest api, CancellationToken cancellation)
    {
        // Whatever it says, it says something. As often as its limit of requests a minute allows.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        do
        {
            await api.JsonAsync("/pipeline");
        }
        while (!cancellation.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None));
    }

    private static async Task ProduceAsync(string servers, int number)
    {
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = servers }).Build();
        string time = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
        await producer.ProduceAsync(Topics.Sensors, new Message<string, string>
        {
            Key = $"S-{number}",
            Value = $$$"""{"sensor_id":"S-{{{number}}}","sensor_type":"weather","city":"Gdynia","timestamp":"{{{time}}}","metrics":{"temperature":{{{number}}}}}""",
        });
    }

    /// <summary>The readings that the combine stage has committed, by the pipeline's own account; transactions of readers leave no marks in the sensors' topic.</summary>
    private static async Task<long> PositionAsync(ApiUnderTest api)
    {
        JsonElement pipeline = await api.JsonAsync("/pipeline");
        return pipeline.GetProperty("kafka").GetBoolean()
            ? pipeline.GetProperty("input").GetProperty("partitions").EnumerateArray().Sum(one => one.GetProperty("position") is { ValueKind: JsonValueKind.Number } at ? at.GetInt64() : 0)
            : -1;
    }
}
