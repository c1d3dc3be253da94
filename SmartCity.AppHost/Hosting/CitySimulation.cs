using SmartCity.Simulator.City;
using SmartCity.Simulator.Feed;
using SmartCity.Streams.Configuration;

namespace SmartCity.AppHost.Hosting;

/// <summary>The simulated city within the platform: its history first, then its present.</summary>
internal sealed class CitySimulation : IAsyncDisposable
{
    private static readonly TimeSpan FlushTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(100);

    private readonly PlatformOptions _options;
    private readonly Banner _banner;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stopping = new();
    private readonly KafkaSink _sink;
    private readonly ReadersGate _gate;
    private Task _telling = Task.CompletedTask;

    public CitySimulation(
        PlatformOptions options, IReadOnlyDictionary<string, string> client, string topic, StreamsOptions streams, Banner banner, TimeProvider clock)
    {
        (_options, _banner, _clock) = (options, banner, clock);
        _sink = new KafkaSink(client, topic, Statistics);
        _gate = new ReadersGate(client, topic, streams.SensorPartitions, [streams.ApplicationId, $"{streams.ApplicationId}-lake-raw"], clock);
    }

    /// <summary>What it has sent.</summary>
    public FeedStatistics Statistics { get; } = new();

    /// <summary>The moment that its history ends and its present begins; set by <see cref="Start"/>.</summary>
    public DateTimeOffset LiveFrom { get; private set; }

    /// <summary>What it simulates; set by <see cref="Start"/>.</summary>
    public CityOptions? Model { get; private set; }

    /// <summary>Completes when it has ended.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public void Start()
    {
        LiveFrom = DateTimeOffset.FromUnixTimeMilliseconds(_clock.GetUtcNow().ToUnixTimeMilliseconds());
        Model = _options.City(LiveFrom);
        var feed = new CityFeed(
            new CityModel(Model),
            _sink,
            Statistics,
            new FeedOptions { LiveFrom = LiveFrom, Gate = (_, cancellation) => _gate.WaitAsync(cancellation) },
            _clock);
        Completion = Task.Run(() => feed.RunAsync(_stopping.Token));
        _telling = TellWhenHistoryIsSentAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _telling;
        _sink.Flush(FlushTime);
        _sink.Dispose();
        _gate.Dispose();
        _stopping.Dispose();
    }

    private async Task TellWhenHistoryIsSentAsync()
    {
        if (_options.History == TimeSpan.Zero)
        {
            return;
        }

        try
        {
            var since = _clock.GetTimestamp();
            while (Statistics.DueMs < LiveFrom.ToUnixTimeMilliseconds())
            {
                await Task.Delay(Glance, _clock, _stopping.Token);
            }

            _banner.History(Statistics.Sent, _options.History, _clock.GetElapsedTime(since));
        }
        catch (OperationCanceledException)
        {
            // Stopped before it was done.
        }
    }
}
