using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Api;

[TestFixture(DatabaseProvider.Sqlite)]
[TestFixture(DatabaseProvider.Postgres)]
internal sealed class LiveTests(DatabaseProvider provider)
{
    private ApiUnderTest _api = null!;

    [SetUp]
    public async Task Start()
    {
        _api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(provider));
        await _api.StoreAsync(SensorType.Traffic, Windows.Of(SensorType.Traffic, "Old", "", Windows.Noon));
    }

    [TearDown]
    public async Task Stop() => await _api.DisposeAsync();

    [Test]
    public async Task A_change_is_told_once_and_only_to_whom_it_concerns()
    {
        await using var everyone = await WatchAsync("/live");
        await using var bonn = await WatchAsync("/live?city=Bonn&type=traffic&district=*");
        await everyone.UntilAsync("progress");
        await bonn.UntilAsync("progress");
        await _api.StoreAsync(SensorType.Traffic, Windows.Of(SensorType.Traffic, "Aarhus", "", Windows.Noon.AddMinutes(1)));
        await _api.StoreAsync(SensorType.Traffic, Windows.Of(SensorType.Traffic, "Bonn", "East", Windows.Noon.AddMinutes(1)));
        var told = await everyone.UntilAsync("window");
        Assert.That(told.GetProperty("city").GetString(), Is.EqualTo("Aarhus"));
        Assert.That(told.GetProperty("aggregation_type").GetString(), Is.EqualTo("traffic"));
        Assert.That((await bonn.UntilAsync("window")).GetProperty("district").GetString(), Is.EqualTo("East"));

        // Told once: the next window event is about the next change.
        await _api.StoreAsync(SensorType.Traffic, Windows.Of(SensorType.Traffic, "Zagreb", "", Windows.Noon.AddMinutes(2)));
        Assert.That((await everyone.UntilAsync("window")).GetProperty("city").GetString(), Is.EqualTo("Zagreb"));
    }

    [Test]
    public async Task A_group_is_told_once_a_second_however_often_it_changes_and_its_last_change_is_not_lost()
    {
        await using var watcher = await WatchAsync("/live");
        await watcher.UntilAsync("progress");
        var row = Windows.Of(SensorType.Traffic, "Aarhus", "", Windows.Noon.AddMinutes(1));
        await _api.StoreAsync(SensorType.Traffic, row);
        var told = await watcher.UntilAsync("window");
        for (var change = 1; change <= 3; change++)
        {
            row.ReadingCount++;
            row.Revision++;
            row.ProcessingTime = row.ProcessingTime.AddMilliseconds(10);
            await using var context = _api.Database.CreateContext();
            context.Windows(SensorTypes.Of(SensorType.Traffic)).Update(row);
            await context.SaveChangesAsync();
        }

        while (told.GetProperty("reading_count").GetInt64() < row.ReadingCount)
        {
            var before = long.Parse(watcher.LastId, CultureInfo.InvariantCulture);
            told = await watcher.UntilAsync("window");
            Assert.That(long.Parse(watcher.LastId, CultureInfo.InvariantCulture) - before, Is.GreaterThan(700_000), "five looks later, of which each may be late; an id is the time in microseconds");
        }
    }

    [Test]
    public async Task The_first_window_that_a_type_ever_has_is_told_to_who_waits_for_it()
    {
        await using var watcher = await WatchAsync("/live?type=weather");
        await watcher.UntilAsync("progress");
        await _api.StoreAsync(SensorType.Weather, Windows.Of(SensorType.Weather, "Bonn", "", Windows.Noon));
        Assert.That((await watcher.UntilAsync("window")).GetProperty("city").GetString(), Is.EqualTo("Bonn"));
    }

    [Test]
    public async Task Progress_has_watermark_sensors_and_open_windows()
    {
        await _api.StoreAsync(new StreamProgressEntity { SensorType = "traffic", City = "Old", Watermark = Windows.Noon, ProcessingTime = Windows.Noon });
        await using var watcher = await WatchAsync("/live");
        var progress = await watcher.UntilAsync("progress");
        Assert.Multiple(() =>
        {
            Assert.That(progress.GetProperty("watermark").GetString(), Is.EqualTo("2026-01-15T12:00:00Z"));
            Assert.That(progress.GetProperty("watermark_delay_seconds").GetDouble(), Is.Positive);
            Assert.That(progress.GetProperty("open_windows").GetInt32(), Is.EqualTo(1));
            Assert.That(progress.GetProperty("sensors").GetRawText(), Is.EqualTo("""{"live":0,"late":0,"silent":0,"gone":0}"""));
            Assert.That(progress.GetProperty("kafka").GetBoolean(), Is.False);
        });
    }

    [Test]
    public async Task An_alert_is_told_when_it_fires_and_when_it_is_over_and_listed_meanwhile()
    {
        await using var watcher = await WatchAsync("/live?city=Bonn");
        await watcher.UntilAsync("progress");
        var alert = Alert("a", AlertEntity.Firing);
        await _api.StoreAsync(alert, Alert("p", AlertEntity.Pending));
        var told = await watcher.UntilAsync("alert");
        Assert.That((told.GetProperty("id").GetString(), told.GetProperty("state").GetString()), Is.EqualTo(("a", "firing")));
        var listed = await _api.JsonAsync("/alerts?city=Bonn");
        Assert.That(listed.GetProperty("firing").GetInt32(), Is.EqualTo(1));
        Assert.That(listed.GetProperty("results")[0].GetRawText(), Is.EqualTo(told.GetRawText()));
        Assert.That((await _api.JsonAsync("/alerts?city=Aarhus")).GetProperty("count").GetInt32(), Is.Zero);

        await using (var context = _api.Database.CreateContext())
        {
            (alert.State, alert.Until, alert.UpdatedAt) = (AlertEntity.Resolved, alert.Since.AddMinutes(5), alert.UpdatedAt.AddSeconds(1));
            context.Update(alert);
            await context.SaveChangesAsync();
        }

        Assert.That((await watcher.UntilAsync("alert")).GetProperty("state").GetString(), Is.EqualTo("resolved"));
        Assert.That((await _api.JsonAsync("/alerts?state=firing")).GetProperty("count").GetInt32(), Is.Zero);
        Assert.That((await _api.JsonAsync("/alerts?state=resolved&hours=1")).GetProperty("count").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task Who_comes_back_is_told_what_he_missed()
    {
        string last;
        await using (var watcher = await WatchAsync("/live"))
        {
            await watcher.UntilAsync("progress");
            last = watcher.LastId;
        }

        await using var other = await WatchAsync("/live");
        await _api.StoreAsync(SensorType.Traffic, Windows.Of(SensorType.Traffic, "Aarhus", "", Windows.Noon.AddMinutes(1)));
        await other.UntilAsync("window");

        await using var back = await WatchAsync("/live", last);
        Assert.That((await back.UntilAsync("window")).GetProperty("city").GetString(), Is.EqualTo("Aarhus"));
        await using var fresh = await WatchAsync("/live", other.LastId);
        await _api.StoreAsync(SensorType.Traffic, Windows.Of(SensorType.Traffic, "Zagreb", "", Windows.Noon.AddMinutes(2)));
        Assert.That((await fresh.UntilAsync("window")).GetProperty("city").GetString(), Is.EqualTo("Zagreb"), "what he had is not told again");
    }

    private static AlertEntity Alert(string id, string state)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        now = new DateTime(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), DateTimeKind.Utc);
        return new AlertEntity
        {
            Id = id,
            Rule = id,
            SensorType = "traffic",
            City = "Bonn",
            Metric = "avg_speed",
            Direction = "below",
            Threshold = 10,
            Clear = 15,
            Severity = "critical",
            State = state,
            Windows = 2,
            Value = 7.5,
            Peak = 6,
            Since = Windows.Noon,
            UpdatedAt = now,
        };
    }

    [Test]
    public async Task Parameters_it_does_not_know_are_refused() => await _api.ProblemAsync("/live?typ=traffic", 400);

    private async Task<Watcher> WatchAsync(string path, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        return new(await _api.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
    }

    private sealed class Watcher(HttpResponseMessage response) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _patience = new(TimeSpan.FromMinutes(2));
        private IAsyncEnumerator<SseItem<string>>? _events;

        /// <summary>The id of the last event read.</summary>
        public string LastId => _events!.Current.EventId!;

        public async Task<JsonElement> UntilAsync(string name)
        {
            _events ??= SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync(_patience.Token).GetAsyncEnumerator();
            while (await _events.MoveNextAsync())
            {
                if (_events.Current.EventType == name)
                {
                    return JsonSerializer.Deserialize<JsonElement>(_events.Current.Data);
                }
            }

            throw new EndOfStreamException("The feed has ended.");
        }

        public async ValueTask DisposeAsync()
        {
            if (_events is not null)
            {
                await _events.DisposeAsync();
            }

            response.Dispose();
            _patience.Dispose();
        }
    }
}
