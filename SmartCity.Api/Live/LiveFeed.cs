using System.Text.Json;
using System.Threading.Channels;

using Microsoft.EntityFrameworkCore;

using SmartCity.Api.Database;
using SmartCity.Api.Json;
using SmartCity.Api.Kafka;
using SmartCity.Api.Query;
using SmartCity.Api.Sensors;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Api.Live;

/// <summary>
/// Looks for windows that changed and tells everyone who watches. All watchers share one look, and nobody watching costs nothing. A group is
/// told at most once a second: of several windows that changed, the newest; a group that was quiet is told at the next look, a fifth of a second away at most.
/// </summary>
internal sealed partial class LiveFeed(
    CityDatabase database, KafkaLink kafka, SensorStore sensors, TimeProvider clock, ILogger<LiveFeed> logger) : BackgroundService
{
    /// <summary>A watcher so slow that this many events wait for it loses the oldest of them: the next ones tell it how things stand.</summary>
    private const int MaxWaiting = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>The looks of a second: a group is told at one of them at most, and how things stand at every such.</summary>
    private const int LooksPerSecond = 5;

    /// <summary>How far behind the newest window changes are still told of.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(20);

    /// <summary>What counts rows is looked at once in so many looks.</summary>
    private const int SlowLook = 5 * LooksPerSecond;

    /// <summary>So many events of the last minutes are kept for watchers who come back.</summary>
    private const int MostPast = 5000;
    private const int MostAlerts = 10_000;
    private const int MostGroups = 100_000;
    private static readonly TimeSpan LongestPast = TimeSpan.FromMinutes(5);

    /// <summary>When the last watcher has gone, looking goes on for this long: he may come back.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>How far the clocks of two workers may differ without a change being missed.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(15);

    /// <summary>The same for the looks between two tellings of how things stand, which read less; what they miss, the next of those finds.</summary>
    private static readonly TimeSpan QuickSkew = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<Channel<LiveEvent>> _watchers = [];
    private readonly Dictionary<string, Seen> _seen = [];
    private readonly Dictionary<(string Type, string City, string District), long> _toldAt = [];
    private readonly SemaphoreSlim _isWatched = new(0);
    private readonly Dictionary<string, int> _openWindows = [];
    private readonly Dictionary<string, (string State, double Peak)> _alerts = new(StringComparer.Ordinal);
    private readonly Queue<LiveEvent> _past = new();
    private DateTime _alertsSince;
    private int _firing;
    private long _unwatchedSince;
    private int[] _sensorCounts = [];
    private long _looks;
    private long _lastId;

    /// <summary>
    /// Begins to watch; the caller calls <see cref="Unsubscribe"/> with the same channel. Who comes back says the id of the last event he had, and is first told what he
    /// missed, as far as it is kept.
    /// </summary>
    public Channel<LiveEvent> Subscribe(long? after = null)
    {
        var channel = Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_gate)
        {
            foreach (var missed in after is { } last ? _past.Where(told => told.Id > last && told.Name != "progress") : [])
            {
                channel.Writer.TryWrite(missed);
            }

            _watchers.Add(channel);
            if (_watchers.Count == 1)
            {
                _isWatched.Release();
            }
        }

        return channel;
    }

    public void Unsubscribe(Channel<LiveEvent> channel)
    {
        lock (_gate)
        {
            _watchers.Remove(channel);
        }
    }

    public override void Dispose()
    {
        _isWatched.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await _isWatched.WaitAsync(stoppingToken);
            _seen.Clear(); // what changed while nobody watched is old news
            _alertsSince = default;
            _alerts.Clear();
            _toldAt.Clear();
            _looks = 0;
            using var timer = new PeriodicTimer(Interval, clock);
            while (Watched())
            {
                // A database that is away is not asked, nor complained of, five times a second.
                for (var ticks = await LookAsync(stoppingToken) ? 1 : LooksPerSecond - (_looks % LooksPerSecond); ticks > 0; ticks--)
                {
                    _looks++;
                    await timer.WaitForNextTickAsync(stoppingToken);
                }
            }
        }
    }

    private bool Watched()
    {
        lock (_gate)
        {
            _unwatchedSince = _watchers.Count > 0 ? clock.GetTimestamp() : _unwatchedSince;
            return clock.GetElapsedTime(_unwatchedSince) < Patience;
        }
    }

    private async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        bool isProgressDue = _looks % LooksPerSecond == 0;
        bool counts = _looks % SlowLook == 0;
        DateTime? watermark = null;
        bool isReachable = true;
        try
        {
            await using var context = database.Open();
            foreach (var type in SensorTypes.All)
            {
                await TellChangesAsync(context, type, isProgressDue ? Skew : QuickSkew, counts, cancellationToken);
            }

            if (isProgressDue)
            {
                await TellAlertsAsync(context, cancellationToken);
                watermark = await context.StreamProgress.MaxAsync(row => (DateTime?)row.Watermark, cancellationToken);
            }

            if (counts)
            {
                var byType = await sensors.CountAsync(cancellationToken);
                _sensorCounts = [.. SensorLiveness.Names.Select((_, status) => byType.Values.Sum(type => type[status]))];
            }
        }
        catch (Exception error) when (CityDatabase.ErrorIn(error) is not null)
        {
            isReachable = false;
            CannotLook(logger, error.Message);
        }

        if (isProgressDue)
        {
            Tell("progress", null, null, null, json => WriteProgress(json, watermark, isReachable));
        }

        return isReachable;
    }

    private async Task TellChangesAsync(SmartCityDbContext context, SensorTypeDefinition type, TimeSpan skew, bool counts, CancellationToken cancellationToken)
    {
        var windows = context.Windows(type);
        if (await windows.MaxAsync(row => (DateTime?)row.WindowStart, cancellationToken) is not { } newest)
        {
            _seen.TryAdd(type.Name, new Seen(DateTime.UnixEpoch, [])); // so that the first window ever is news
            return;
        }

        var since = newest - Recent;
        bool isFirst = !_seen.TryGetValue(type.Name, out var seen);
        var told = seen?.Told ?? [];
        var after = seen is null ? DateTime.UnixEpoch : seen.ProcessingTime - skew;
        var changed = await windows.Where(row => row.WindowStart >= since && row.ProcessingTime > after).OrderBy(row => row.WindowStart).ToListAsync(cancellationToken);
        changed.RemoveAll(row => told.GetValueOrDefault(Key(row)) == Version(row));
        if (counts)
        {
            _openWindows[type.Name] = await windows.CountAsync(row => row.WindowStart >= since && !row.IsFinal, cancellationToken);
        }

        if (changed.Count == 0)
        {
            return;
        }

        var latest = changed.Max(row => row.ProcessingTime);
        foreach (var group in changed.GroupBy(row => (type.Name, row.City, row.District)).ToList())
        {
            // What is held back is found again by the next looks, until a second is over.
            if (!isFirst && !MayTell(group.Key))
            {
                continue;
            }

            foreach (var row in group)
            {
                told[Key(row)] = Version(row);
            }

            if (!isFirst)
            {
                TellWindow(type, group.Last());
            }
        }

        foreach (var old in told.Keys.Where(key => key.Start < since).ToList())
        {
            told.Remove(old);
        }

        _seen[type.Name] = new Seen(seen?.ProcessingTime > latest ? seen.ProcessingTime : latest, told);
    }

    /// <summary>False when the group was told at one of the looks of the last second; otherwise it now is told.</summary>
    private bool MayTell((string Type, string City, string District) group)
    {
        if (_toldAt.TryGetValue(group, out var at) && _looks - at < LooksPerSecond)
        {
            return false;
        }

        if (_toldAt.Count >= MostGroups)
        {
            _toldAt.Clear();
        }

        _toldAt[group] = _looks;
        return true;
    }

    private void TellWindow(SensorTypeDefinition type, WindowEntity window) => Tell("window", type.Name, window.City, window.District, json =>
    {
        json.WriteStartObject();
        json.WriteString("aggregation_type", type.Name);
        AnswerWriter.WriteRowMembers(json, LatestEndpoint.RowOf(window, type), MetricColumns.Of(type));
        json.WriteEndObject();
    });

    private async Task TellAlertsAsync(SmartCityDbContext context, CancellationToken cancellationToken)
    {
        bool isFirst = _alertsSince == default;
        var since = isFirst ? clock.GetUtcNow().UtcDateTime : _alertsSince;
        var changed = await context.Alerts.Where(alert => alert.State != AlertEntity.Pending && alert.UpdatedAt > since - Skew).OrderBy(alert => alert.UpdatedAt).ToListAsync(cancellationToken);
        _firing = await context.Alerts.CountAsync(alert => alert.State == AlertEntity.Firing, cancellationToken);
        _alertsSince = changed.Count > 0 && changed[^1].UpdatedAt > since ? changed[^1].UpdatedAt : since;
        foreach (var alert in changed)
        {
            // A firing alert is judged with every window; it is news when it gets worse.
            var version = (alert.State, alert.Peak);
            if (_alerts.TryGetValue(alert.Id, out var told) && told == version)
            {
                continue;
            }

            _alerts[alert.Id] = version;
            if (!isFirst)
            {
                Tell("alert", alert.SensorType, alert.City, null, json => AlertJson.Write(json, alert));
            }
        }

        if (_alerts.Count > MostAlerts)
        {
            _alerts.Clear();
        }
    }

    private static RowKey Key(WindowEntity row) => new(row.WindowStart, row.City, row.District);

    private static (int Epoch, long Revision, bool IsFinal) Version(WindowEntity row) => (row.Epoch, row.Revision, row.IsFinal);

    private void WriteProgress(Utf8JsonWriter json, DateTime? watermark, bool isReachable)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var state = kafka.State;
        json.WriteStartObject();
        json.WriteString("timestamp", JsonForms.Time(now));
        json.WriteBoolean("database", isReachable);
        json.WriteBoolean("kafka", state.IsUp);
        json.WritePropertyName("readings");
        json.WriteNumberOrNull(state.Readings);
        json.WritePropertyName("readings_per_second");
        json.WriteNumberOrNull(state.ReadingsPerSecond);
        json.WriteTime("watermark", watermark);
        json.WritePropertyName("watermark_delay_seconds");
        json.WriteNumberOrNull(watermark is { } time ? (now - time).TotalSeconds : null);
        json.WriteNumber("firing_alerts", _firing);
        json.WriteNumber("open_windows", _openWindows.Values.Sum());
        json.WriteStartObject("sensors");
        for (int status = 0; status < _sensorCounts.Length; status++)
        {
            json.WriteNumber(SensorLiveness.Names[status], _sensorCounts[status]);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void Tell(string name, string? sensorType, string? city, string? district, Action<Utf8JsonWriter> write)
    {
        using var buffer = new PooledBuffer();
        using (var json = new Utf8JsonWriter(buffer, JsonForms.WriterOptions))
        {
            write(json);
        }

        // Grows with the clock, so that an id from before a restart is smaller than those after it.
        _lastId = Math.Max(_lastId + 1, clock.GetUtcNow().ToUnixTimeMilliseconds() * 1000);
        var told = new LiveEvent(_lastId, name, buffer.WrittenSpan.ToArray(), sensorType, city, district);
        lock (_gate)
        {
            if (name != "progress")
            {
                _past.Enqueue(told);
                while (_past.Count > MostPast || _past.Peek().Id < _lastId - (long)(LongestPast.TotalMilliseconds * 1000))
                {
                    _past.Dequeue();
                }
            }

            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(told);
            }
        }
    }

    /// <summary>What was told of a type: the greatest processing time, and the version of each recent window.</summary>
    private sealed record Seen(DateTime ProcessingTime, Dictionary<RowKey, (int Epoch, long Revision, bool IsFinal)> Told);

    [LoggerMessage(5030, LogLevel.Debug, "The live feed cannot reach the database: {Reason}")]
    private static partial void CannotLook(ILogger logger, string reason);
}
