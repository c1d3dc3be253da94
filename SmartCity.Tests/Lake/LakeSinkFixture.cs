using System.Globalization;
using System.Text;

using Confluent.Kafka;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Sinks;
using SmartCity.Streams.Sinks.Lake;

namespace SmartCity.Tests.Lake;

/// <summary>One test's topic, group and lake, with what was published to compare the lake with.</summary>
internal sealed class LakeSinkFixture(string bootstrapServers, int partitions) : IDisposable
{
    public const string Cities = "Warsaw,Kraków,../../x,東京";

    private readonly Dictionary<(int Partition, long Offset), string> _published = [];
    private readonly List<SinkConsumer> _consumers = [];
    private int _next;

    public string Topic { get; } = $"sensors-{Guid.NewGuid():N}";

    public string ApplicationId { get; } = $"lake-{Guid.NewGuid():N}";

    public LakeFolder Lake { get; } = new();

    public int Partitions => partitions;

    public IReadOnlyDictionary<string, string> Client => new Dictionary<string, string> { ["bootstrap.servers"] = bootstrapServers };

    public LakeOptions Options { get; init; } = new() { FlushInterval = TimeSpan.FromHours(1) };

    /// <summary>Publishes readings of all kinds, every tenth of them invalid.</summary>
    public void Publish(int count)
    {
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig(Client.ToDictionary()) { LingerMs = 5, EnableIdempotence = true }).Build();
        var cities = Cities.Split(',');
        var start = new DateTimeOffset(2026, 1, 15, 13, 30, 0, TimeSpan.Zero);
        for (var end = _next + count; _next < end; _next++)
        {
            var value = _next % 10 == 9
                ? $"{{\"no\":{_next}"
                : RawBatch.Weather($"W-{_next % 37}", cities[_next % cities.Length], start.AddSeconds(15 * _next).ToString("O", CultureInfo.InvariantCulture), _next % 50, $",\"n\":{_next}");
            producer.Produce(new TopicPartition(Topic, _next % partitions), new Message<Null, byte[]> { Value = Encoding.UTF8.GetBytes(value) }, report =>
            {
                lock (_published)
                {
                    _published.Add((report.Partition, report.Offset), value);
                }
            });
        }

        producer.Flush();
    }

    public LakeSinkRun NewSink(IObjectStore? store = null, LakeFormat format = LakeFormat.Parquet, SinkOptions? options = null, TimeProvider? clock = null, ILogger? logger = null, LakeOptions? lake = null)
    {
        options ??= new SinkOptions
        {
            ApplicationId = ApplicationId,
            Client = Client,
            SessionTimeout = TimeSpan.FromSeconds(6),
            StopTimeout = TimeSpan.FromSeconds(20),
            RevokeTimeout = TimeSpan.FromSeconds(1),
            LongestRetry = TimeSpan.FromSeconds(1),
        };
        lake ??= Options;
        logger ??= NullLogger.Instance;
        clock ??= TimeProvider.System;
        var plan = new LakePlan(ApplicationId, Client, -1, logger);
        var sink = new LakeSink(new RawContent(Topic, new ReadingRules(), format), store ?? Lake.Store, plan, lake, new LakeBudget(lake.FlushBytes), new LakeMetrics(), clock, logger);
        var consumer = new SinkConsumer(sink, options, clock, logger);
        _consumers.Add(consumer);
        return new LakeSinkRun(consumer);
    }

    /// <summary>A sink that dies without a word: no time to flush at the stop.</summary>
    public LakeSinkRun NewMortalSink(IObjectStore store, TimeProvider? clock = null, LakeOptions? lake = null)
        => NewSink(store, clock: clock, lake: lake, options: new SinkOptions
        {
            ApplicationId = ApplicationId,
            Client = Client,
            SessionTimeout = TimeSpan.FromSeconds(6),
            StopTimeout = TimeSpan.Zero,
            RevokeTimeout = TimeSpan.Zero,
            LongestRetry = TimeSpan.FromSeconds(1),
        });

    /// <summary>Every valid reading published is in the lake once, byte for byte, and nothing else is.</summary>
    public void AssertLakeHoldsEveryReadingOnce()
    {
        var rows = Lake.Query("SELECT kafka_partition, kafka_offset, payload FROM {raw:weather}")
            .Select(r => $"{r[0]}/{r[1]} {r[2]}");
        var expected = _published.Where(p => p.Value.StartsWith("{\"sensor_id", StringComparison.Ordinal)).Select(p => $"{p.Key.Partition}/{p.Key.Offset} {p.Value}");
        Assert.That(rows.Order(StringComparer.Ordinal), Is.EqualTo(expected.Order(StringComparer.Ordinal)));
    }

    public long Published => _published.Count;

    /// <summary>The offsets committed in the sink's group: of the topic, and of the plan.</summary>
    public (long First, long End)[] Committed()
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig(Client.ToDictionary()) { GroupId = $"{ApplicationId}-lake-raw" }).Build();
        return
        [
            .. Enumerable.Range(0, partitions).Select(p =>
            {
                var both = consumer.Committed([new TopicPartition(Topic, p), new TopicPartition($"{ApplicationId}-lake-plan", p)], TimeSpan.FromSeconds(20));
                return (both[0].Offset.Value, both[1].Offset.Value);
            }),
        ];
    }

    public void Dispose()
    {
        _consumers.ForEach(c => c.Dispose());
        Lake.Dispose();
    }
}

/// <summary>A running sink.</summary>
internal sealed record LakeSinkRun(SinkConsumer Consumer)
{
    public SinkStatus Status => Consumer.Status;

    public long Read => Status.Partitions.Sum(p => p.Position);

    public long Safe => Status.Partitions.Sum(p => p.Safe);

    public async Task<LakeSinkRun> StartAsync()
    {
        await Consumer.StartAsync(CancellationToken.None);
        return this;
    }

    public Task StopAsync() => Consumer.StopAsync(CancellationToken.None);
}
