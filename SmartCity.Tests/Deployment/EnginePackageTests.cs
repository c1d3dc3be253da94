using System.Globalization;
using System.Xml.Linq;

using Confluent.Kafka;

using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Deployment;

/// <summary>The engine as a package: what is in it, and that a program which has nothing else runs.</summary>
internal sealed class EnginePackageTests
{
    private EnginePackage _package = null!;

    [OneTimeSetUp]
    public async Task Pack() => _package = await EnginePackage.PackAsync();

    [OneTimeTearDown]
    public void Remove() => _package.Dispose();

    [Test]
    public void It_brings_its_documentation_its_licence_and_its_symbols()
    {
        using var package = _package.Open("nupkg");
        using var symbols = _package.Open("snupkg");
        Assert.Multiple(() =>
        {
            Assert.That(package.Entries.Select(entry => entry.FullName), Is.SupersetOf((string[])["README.md", "lib/net10.0/SmartCity.Streams.Engine.dll", "lib/net10.0/SmartCity.Streams.Engine.xml"]));
            Assert.That(symbols.Entries.Select(entry => entry.FullName), Does.Contain("lib/net10.0/SmartCity.Streams.Engine.pdb"));
        });
    }

    [Test]
    public void Its_manifest_names_what_it_needs_at_run_time_and_nothing_else()
    {
        XElement manifest = _package.Manifest();
        XNamespace nuspec = manifest.Name.Namespace;
        Assert.Multiple(() =>
        {
            Assert.That(manifest.Element(nuspec + "version")!.Value, Is.EqualTo(EnginePackage.Version));
            Assert.That(manifest.Element(nuspec + "license")!.Value, Is.EqualTo("MIT"));
            Assert.That(manifest.Element(nuspec + "readme")!.Value, Is.EqualTo("README.md"));
            Assert.That(
                manifest.Descendants(nuspec + "dependency").Select(dependency => (string)dependency.Attribute("id")!),
                Is.EquivalentTo((string[])["Confluent.Kafka", "RocksDB", "ZstdSharp.Port", "Microsoft.Extensions.Logging.Abstractions", "System.IO.Hashing"]));
        });
    }

    [Test]
    public async Task A_program_outside_the_repository_runs_in_memory_and_on_Kafka()
    {
        string[] stays = await _package.BuildAsync("Stays");

        // One visit at 00:00:10 and one at 00:01:10; the first is in the windows that end from 00:01 to 00:05, the second in those from 00:02 to 00:06.
        string[] told = (await ChildProcess.RunAsync(stays)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(told, Is.EquivalentTo((string[])
        [
            "home until 00:01: 1 visits of 1000 ms",
            "home until 00:02: 2 visits of 2000 ms",
            "home until 00:03: 2 visits of 2000 ms",
            "home until 00:04: 2 visits of 2000 ms",
            "home until 00:05: 2 visits of 2000 ms",
            "home until 00:06: 1 visits of 3000 ms",
        ]));

        KafkaServer kafka = await TestServers.KafkaAsync();
        await kafka.CreateTopicAsync("visits", 1);
        await kafka.CreateTopicAsync("stays", 1);
        try
        {
            DateTimeOffset midnight = new(TimeProvider.System.GetUtcNow().Date, TimeSpan.Zero); // retention reckons by record time
            await VisitAsync(kafka, ("home", "1000", midnight.AddSeconds(10)), ("home", "no number", midnight.AddSeconds(20)), ("home", "3000", midnight.AddSeconds(70)), ("about", "500", midnight.AddSeconds(600)));
            await using ChildProcess process = ChildProcess.Start([.. stays, kafka.BootstrapServers], scratch: null);

            Assert.That(await RowsAsync(kafka, process, count: told.Length), Is.EquivalentTo(told));
        }
        finally
        {
            using IAdminClient admin = kafka.Admin();
            await admin.DeleteTopicsAsync(admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Select(topic => topic.Topic).Where(topic => topic is "visits" or "stays" || topic.StartsWith("stays-", StringComparison.Ordinal)));
        }
    }

    private static async Task VisitAsync(KafkaServer kafka, params (string Page, string Milliseconds, DateTimeOffset Time)[] visits)
    {
        using IProducer<string, string> producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = kafka.BootstrapServers }).Build();
        foreach (var (page, milliseconds, time) in visits)
        {
            await producer.ProduceAsync("visits", new Message<string, string> { Key = page, Value = milliseconds, Timestamp = new Timestamp(time) });
        }
    }

    private static async Task<List<string>> RowsAsync(KafkaServer kafka, ChildProcess process, int count)
    {
        using IConsumer<string, string> consumer = new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = kafka.BootstrapServers,
            GroupId = string.Create(CultureInfo.InvariantCulture, $"test-{Guid.NewGuid():N}"),
            IsolationLevel = IsolationLevel.ReadCommitted,
        }).Build();
        consumer.Assign(new TopicPartitionOffset("stays", 0, Offset.Beginning));
        var rows = new List<string>();
        await process.BecomesAsync(
            () =>
            {
                if (consumer.Consume(TimeSpan.FromMilliseconds(50)) is { } row)
                {
                    rows.Add($"{row.Message.Key} {row.Message.Value}");
                }

                return Task.FromResult(rows.Count >= count);
            },
            $"{count} rows are in the topic");
        return rows;
    }
}
