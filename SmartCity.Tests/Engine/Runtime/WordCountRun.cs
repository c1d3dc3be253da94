using System.Collections.Concurrent;
using System.Globalization;

using Confluent.Kafka;

using Microsoft.Extensions.Logging;

using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Windows;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine.Runtime;

/// <summary>
/// One application on one broker: its topics, its workers, what was said to it, and what it says. What must come out is counted here, from the lines that
/// were produced, and never by the engine.
/// </summary>
internal sealed class WordCountRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, string> _client;
    private readonly Dictionary<string, long> _expected = new(StringComparer.Ordinal);
    private readonly IProducer<byte[], string> _producer;
    private readonly List<KafkaStreams> _workers = [];
    private int _produced;

    private WordCountRun(IReadOnlyDictionary<string, string> client, int partitions)
    {
        _client = new Dictionary<string, string>(client);
        Partitions = partitions;
        _producer = new ProducerBuilder<byte[], string>(new ProducerConfig(new Dictionary<string, string>(client)) { EnableIdempotence = true, LingerMs = 1 })
            .SetLogHandler((_, _) => { }).Build();
    }

    public string Application { get; } = $"wc-{Guid.NewGuid():N}"[..16];

    public int Partitions { get; }

    public string Lines => $"{Application}-lines";

    public string Counts => $"{Application}-counts";

    public string StateDirectory { get; } = Scratch.Folder("streams");

    public TestLogs Logs { get; } = new();

    public IReadOnlyDictionary<string, long> Expected => _expected;

    public static async Task<WordCountRun> OnAsync(KafkaServer kafka, int partitions)
    {
        var run = new WordCountRun(new Dictionary<string, string> { ["bootstrap.servers"] = kafka.BootstrapServers }, partitions);
        await kafka.CreateTopicAsync(run.Lines, partitions, new Dictionary<string, string> { ["message.timestamp.type"] = "CreateTime" });
        await kafka.CreateTopicAsync(run.Counts, 1);
        return run;
    }

    public static WordCountRun OnClient(IReadOnlyDictionary<string, string> client, int partitions) => new(client, partitions);

    /// <summary>Counts words; <paramref name="before"/> sees every line first, and may hold up the thread.</summary>
    public Topology Topology(TimeWindows? windows = null, Action<string>? before = null)
    {
        if (before is null)
        {
            return WordCount.Build(windows, Lines, Counts);
        }

        var builder = new StreamsBuilder();
        builder.Stream(Lines, Consumed.With(Serdes.Ignored, Serdes.Text))
            .FlatMapValues((_, line) => line.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Peek((_, word) => before(word))
            .GroupBy((_, word) => word, Serdes.Text)
            .WindowedBy(windows ?? TimeWindows.Unlimited)
            .Count()
            .Map((word, count) => (word.Group, count.Aggregate.Value.ToString(CultureInfo.InvariantCulture)))
            .To(Counts, Serdes.Text, Serdes.Text);
        return builder.Build();
    }

    public StreamsConfig Config(string stateFolder = "a") => new()
    {
        ApplicationId = Application,
        Client = _client,
        StateDirectory = Path.Combine(StateDirectory, stateFolder),
        RepartitionPartitions = 2,
        EmitInterval = TimeSpan.FromMilliseconds(100),
        SessionTimeout = TimeSpan.FromSeconds(6),
    };

    public async Task<KafkaStreams> StartAsync(StreamsConfig? config = null, Topology? topology = null, bool running = true)
    {
        var worker = new KafkaStreams(topology ?? Topology(), config ?? Config(), Logs);
        _workers.Add(worker);
        await worker.StartAsync(CancellationToken.None);
        if (running)
        {
            await Eventually.IsTrueAsync(() => worker.State == StreamsState.Running || Died(worker), "the worker runs");
        }

        return worker;
    }

    /// <summary>Produces lines of words, spread over the partitions, and counts the words.</summary>
    public void Say(int lines, int distinctWords = 50)
    {
        for (var i = 0; i < lines; i++, _produced++)
        {
            Say(_produced % Partitions, string.Create(CultureInfo.InvariantCulture, $"w{_produced * 7 % distinctWords} w{_produced % 13} every"));
        }

        _producer.Flush(Patience);
    }

    public void Say(int partition, string line, DateTimeOffset? at = null, string? topic = null)
    {
        _producer.Produce(new TopicPartition(topic ?? Lines, partition), new Message<byte[], string>
        {
            Value = line,
            Timestamp = at is { } time ? new Timestamp(time) : Timestamp.Default,
        });
        foreach (var word in line.Split(' '))
        {
            _expected[word] = _expected.GetValueOrDefault(word) + 1;
        }
    }

    public void FlushLines() => _producer.Flush(Patience);

    /// <summary>Waits until the newest count of every word is right.</summary>
    public async Task CountsComeOutRightAsync()
    {
        var newest = new Dictionary<string, long>(StringComparer.Ordinal);
        using var consumer = Reader();
        consumer.Assign(new TopicPartitionOffset(Counts, 0, Offset.Beginning));
        await Eventually.IsTrueAsync(() => Task.Run(() =>
        {
            while (consumer.Consume(TimeSpan.FromMilliseconds(50)) is { IsPartitionEOF: false } record)
            {
                if (!record.Message.Key.Contains('@', StringComparison.Ordinal)) // rows of another, windowed topology
                {
                    newest[record.Message.Key] = long.Parse(record.Message.Value, CultureInfo.InvariantCulture);
                }
            }

            foreach (var worker in _workers)
            {
                Died(worker);
            }

            return _expected.All(e => newest.GetValueOrDefault(e.Key) == e.Value);
        }), "every word's count is right", TimeSpan.FromSeconds(90)).ContinueWith(t => t.IsFaulted
            ? throw new AssertionException($"{t.Exception!.InnerException!.Message}\n{Difference(newest)}\n{Logs.Text}") : t);
    }

    /// <summary>Everything committed in partition 0 of a topic so far, as KEY=VALUE.</summary>
    public List<string> ReadAll(string topic)
    {
        using var consumer = Reader();
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        var read = new List<string>();
        using var deadline = new CancellationTokenSource(Patience);
        while (consumer.Consume(deadline.Token) is { IsPartitionEOF: false } record)
        {
            read.Add($"{record.Message.Key}={record.Message.Value}");
        }

        return read;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            await worker.DisposeAsync();
        }

        _producer.Dispose();
        if (Environment.GetEnvironmentVariable("SMARTCITY_TEST_DEBUG") is not null)
        {
            TestContext.Progress.WriteLine(Logs.Text);
        }

        Scratch.Remove(StateDirectory);
    }

    private bool Died(KafkaStreams worker) => worker.Fault is { } fault ? throw new AssertionException($"A worker died: {fault}\n{Logs.Text}") : false;

    private string Difference(Dictionary<string, long> newest) =>
        string.Join(", ", _expected.Where(e => newest.GetValueOrDefault(e.Key) != e.Value).Take(20).Select(e => $"{e.Key}: {newest.GetValueOrDefault(e.Key)} for {e.Value}"));

    private IConsumer<string, string> Reader() => new ConsumerBuilder<string, string>(new ConsumerConfig(new Dictionary<string, string>(_client))
    {
        GroupId = $"{Application}-reader",
        IsolationLevel = IsolationLevel.ReadCommitted,
        EnableAutoCommit = false,
        EnablePartitionEof = true,
        FetchQueueBackoffMs = 1,
        FetchWaitMaxMs = 10,
    }).SetLogHandler((_, _) => { }).Build();
}

/// <summary>Keeps what the engine logs, to be shown when a test fails and asked for event ids.</summary>
internal sealed class TestLogs : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(EventId Event, string Line)> _lines = new();

    public string Text => string.Join('\n', _lines.Select(l => l.Line));

    public int Count(int eventId) => _lines.Count(l => l.Event.Id == eventId);

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((eventId, $"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {logLevel} {eventId.Id} {formatter(state, exception)} {exception}"));

    public bool IsEnabled(LogLevel logLevel) => logLevel > LogLevel.Debug || Environment.GetEnvironmentVariable("SMARTCITY_TEST_DEBUG") is not null;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }
}
