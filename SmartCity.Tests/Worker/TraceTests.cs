using System.Net;
using System.Net.Http.Json;

using Confluent.Kafka;

using SmartCity.Domain;
using SmartCity.Domain.Configuration;
using SmartCity.Domain.Telemetry;
using SmartCity.Tests.Api;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Worker;

/// <summary>A reading can be followed from the request that brought it to the tables and the lake: through Kafka, by the W3C trace context in records' headers.</summary>
internal sealed class TraceTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string CallerId = "00f067aa0ba902b7";

    private Collector _collector = null!;
    private KafkaServer _kafka = null!;
    private TopicNames _topics = null!;

    [SetUp]
    public async Task Prepare()
    {
        _collector = await Collector.StartAsync();
        _kafka = await TestServers.KafkaAsync();
        _topics = TopicNames.WithPrefix($"trace-{Guid.NewGuid():n}.");
    }

    [TearDown]
    public async Task CleanUp() => await _collector.DisposeAsync();

    [Test]
    public async Task Each_hop_of_a_reading_is_a_span_of_its_requests_trace()
    {
        DatabaseSettings database = await ApiUnderTest.NewDatabaseAsync(await TestServers.PostgresAsync());
        string lake = Scratch.Folder("lake");
        await using WorkerProcess worker = WorkerProcess.Start(new Dictionary<string, string>(Telemetry("1"))
        {
            ["Kafka:BootstrapServers"] = _kafka.BootstrapServers,
            ["Kafka:TopicPrefix"] = _topics.Prefix,
            ["ConnectionStrings:SmartCity"] = database.ConnectionString,
            ["Lake:Folder"] = lake,
            ["Lake:FlushInterval"] = "1s",
            ["Streams:ApplicationId"] = $"{_topics.Prefix}app",
            ["Streams:SensorPartitions"] = "1",
            ["Streams:RepartitionPartitions"] = "2",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        });
        await worker.ReadyAsync();
        await using (ApiUnderTest api = await StartApiAsync(database, "1"))
        {
            await IngestAsync(api);
        }

        string[] hops = ["POST /ingest", $"send {_topics.Sensors}", $"process {_topics.Sensors}", $"process {_topics.Prefix}app-partials", "write postgres"];
        await Eventually.IsTrueAsync(() => hops.Append("write lake-raw").All(hop => Spans(hop).Any()), $"every hop has a span; there are {string.Join(", ", _collector.Spans)}\n{worker.Output}");

        string parent = CallerId;
        foreach (string hop in hops)
        {
            CollectedSpan span = Spans(hop).First(one => one.ParentId == parent);
            Assert.That(span.LinkedSpans, hop.StartsWith("POST", StringComparison.Ordinal) || hop.StartsWith("send", StringComparison.Ordinal) ? Is.Empty : Does.Contain(parent), hop);
            parent = span.SpanId;
        }

        Assert.That(Spans("write lake-raw").Single().ParentId, Is.EqualTo(Spans(hops[1]).Single().SpanId), "the lake reads the sensors' topic itself");
        Scratch.Remove(lake);
    }

    [TestCase("1", true)]
    [TestCase("0.0000001", false)]
    [TestCase("0", false)]
    public async Task The_ratio_decides_whether_a_reading_bears_its_trace_and_a_callers_wish_does_not(string ratio, bool bears)
    {
        await _kafka.CreateTopicAsync(_topics.Sensors, 1);
        await using (ApiUnderTest api = await StartApiAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ratio))
        {
            await IngestAsync(api);
        }

        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = _kafka.BootstrapServers, GroupId = _topics.Prefix }).Build();
        consumer.Assign(new TopicPartitionOffset(_topics.Sensors, 0, Offset.Beginning));
        Headers headers = consumer.Consume(TimeSpan.FromMinutes(1)).Message.Headers;

        Assert.That(TraceHeader.TryRead(headers, out var context), Is.EqualTo(bears));
        Assert.That(context.TraceId.ToString(), Is.EqualTo(bears ? TraceId : new string('0', 32)));
        Assert.That(headers.Any(header => header.Key == TraceHeader.Name), Is.EqualTo(bears));
    }

    private IEnumerable<CollectedSpan> Spans(string name) => _collector.Spans.Where(span => span.Name == name && span.TraceId == TraceId);

    private Dictionary<string, string> Telemetry(string ratio) => new()
    {
        ["Telemetry:OtlpEndpoint"] = _collector.Address,
        ["Telemetry:OtlpProtocol"] = "Http",
        ["Telemetry:TraceRatio"] = ratio,
    };

    private Task<ApiUnderTest> StartApiAsync(DatabaseSettings database, string ratio) => ApiUnderTest.StartAsync(
        database, [("Kafka:BootstrapServers", _kafka.BootstrapServers), ("Kafka:TopicPrefix", _topics.Prefix), .. Telemetry(ratio).Select(setting => (setting.Key, setting.Value))]);

    /// <summary>A request that belongs to a trace of the caller's, which asks for it to be kept.</summary>
    private static async Task IngestAsync(ApiUnderTest api)
    {
        await Eventually.IsTrueAsync(async () => (await api.JsonAsync("/health")).GetProperty("kafka").GetString() == "up", "the API has seen Kafka");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/ingest", UriKind.Relative))
        {
            Content = JsonContent.Create(new
            {
                sensor_id = "AQ-1",
                sensor_type = "air_quality",
                timestamp = TimeProvider.System.GetUtcNow(),
                city = "Warsaw",
                metrics = new { pm25 = 18.5 },
            }),
            Headers = { { "traceparent", $"00-{TraceId}-{CallerId}-01" } },
        };
        using HttpResponseMessage answer = await api.Client.SendAsync(request);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted), await answer.Content.ReadAsStringAsync());
    }
}
