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
    public async Task Parameters_it_does_not_know_are_refused() => await _api.ProblemAsync("/live?typ=traffic", 400);

    private async Task<Watcher> WatchAsync(string path)
        => new(await _api.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead));

    private sealed class Watcher(HttpResponseMessage response) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _patience = new(TimeSpan.FromMinutes(2));
        private IAsyncEnumerator<SseItem<string>>? _events;

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
