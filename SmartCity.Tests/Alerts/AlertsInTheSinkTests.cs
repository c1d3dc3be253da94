using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Alerts;
using SmartCity.Streams.Kafka;
using SmartCity.Streams.Sinks.Database;
using SmartCity.Tests.Sinks.Database;

namespace SmartCity.Tests.Alerts;

/// <summary>Alerts as the database sink writes them, with what it writes.</summary>
[TestFixture(DatabaseProvider.Sqlite)]
[TestFixture(DatabaseProvider.Postgres)]
internal sealed class AlertsInTheSinkTests(DatabaseProvider provider)
{
    private const long Window = 300_000;
    private static readonly SourceLog Log = new("cluster", "rows", "id");
    private static readonly AlertRule High = new("pm25-high", SensorTypes.Of(SensorType.AirQuality), "avg_pm25", "count_pm25", true, 50, 40, 2, 1, "critical", []);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 15, 15, 0, 0, TimeSpan.Zero));
    private TestDatabase _database = null!;
    private IDatabaseWriter _writer = null!;
    private long _next;

    [SetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(provider);
        _writer = Writer();
        await _writer.LoadAsync(Log, new Dictionary<int, long> { [0] = 0 }, CancellationToken.None);
        _next = 0;
    }

    [TearDown]
    public async Task Stop()
    {
        await _writer.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task A_window_is_judged_once_when_the_watermark_passes_its_end()
    {
        await WriteAsync([Row(0, 60)], watermark: 1);
        Assert.That(await AlertsAsync(), Is.Empty, "its end is yet to come");
        await WriteAsync([Row(1, 70)], watermark: Window);
        Assert.That(await AlertsAsync(), Is.EqualTo((string[])["pending|1|60|60"]));
        await WriteAsync([Row(0, 65)], watermark: Window + 10);
        Assert.That(await AlertsAsync(), Is.EqualTo((string[])["pending|1|60|60"]), "a late reading does not have it judged again");
        await WriteAsync([Row(2, 45)], watermark: (2 * Window) + 10);
        Assert.That(await AlertsAsync(), Is.EqualTo((string[])["firing|2|70|70"]));
        await WriteAsync([Row(3, 30)], watermark: 4 * Window);
        Assert.That(await AlertsAsync(), Is.EqualTo((string[])["resolved|2|30|70"]));
        Assert.That(await _database.ScalarAsync("SELECT since, until FROM alerts"), Does.Match(@"^2026-01-15 14:00:00\.?0*\|2026-01-15 14:15:00\.?0*$"));
    }

    [Test]
    public async Task A_watermark_that_leaps_judges_every_window_in_between_in_order()
    {
        await WriteAsync([.. Enumerable.Range(0, 12).Select(index => Row(index, index is 2 or 3 or 4 or 8 or 9 ? 60 + index : 20))], watermark: 12 * Window);
        Assert.That(await _database.QueryAsync("SELECT state, peak FROM alerts ORDER BY since"), Is.EqualTo((string[])["resolved|64", "resolved|69"]));
    }

    [Test]
    public async Task A_batch_that_was_overtaken_judges_nothing()
    {
        var (first, next) = (_next, _next);
        await WriteAsync([Row(0, 60), Row(1, 60)], watermark: 2 * Window);
        Assert.That(await AlertsAsync(), Is.EqualTo((string[])["firing|2|60|60"]));
        await using var other = Writer();
        var late = new PartitionRows(Log, 0, first);
        late.Take(Row(2, 10) with { WatermarkMs = Begin + (3 * Window) }, next);
        Assert.That(await other.WriteAsync([late], CancellationToken.None), Is.False);
        Assert.That(await AlertsAsync(), Is.EqualTo((string[])["firing|2|60|60"]));
    }

    [Test]
    public async Task A_sensor_that_falls_silent_is_an_alert_until_it_is_heard_of_again()
    {
        await WriteAsync([Row(0, 1)], watermark: 0, sensors: [Status("quick", 0, 10_000), Status("slow", 0, 1_800_000)]);
        await AMinuteLaterAsync(15 * 60_000);
        await AMinuteLaterAsync(17 * 60_000);
        Assert.That(await SilentAsync(), Is.Empty, "15 minutes are the least");
        await WriteAsync([Row(0, 1)], watermark: 30 * 60_000);
        Assert.That(await SilentAsync(), Is.Empty, "its status may still be on its way");
        await AMinuteLaterAsync(17 * 60_000);
        Assert.That(await SilentAsync(), Is.EqualTo((string[])["quick|firing|1020"]));
        await AMinuteLaterAsync((300 * 60_000) + 60_001, Status("quick", 17 * 60_000, 10_000));
        Assert.That(await SilentAsync(), Is.EqualTo((string[])["quick|resolved|1020"]));
        await AMinuteLaterAsync((300 * 60_000) + 60_001);
        Assert.That(await SilentAsync(), Has.Member("slow|firing|18060.001").And.Member("quick|firing|17040.001"), "five hours are ten half hours");

        Task AMinuteLaterAsync(long watermark, params SensorStatus[] sensors)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            return WriteAsync([Row(0, 1)], watermark, sensors);
        }
    }

    [Test]
    public async Task The_webhook_is_told_until_it_takes_the_message_and_signed_so_that_it_can_be_believed()
    {
        await WriteAsync([Row(0, 60), Row(1, 61)], watermark: 2 * Window);
        var answers = new Queue<int>([500, 204, 204]);
        var got = new List<(string Id, string Time, string Signature, byte[] Body)>();
        await using var receiver = WebApplication.CreateSlimBuilder().Build();
        receiver.Urls.Add("http://127.0.0.1:0");
        receiver.MapPost("/hook", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            got.Add((request.Headers[AlertWebhook.IdHeader].ToString(), request.Headers[AlertWebhook.TimeHeader].ToString(), request.Headers[AlertWebhook.SignatureHeader].ToString(), body.ToArray()));
            return Results.StatusCode(answers.Dequeue());
        });
        await receiver.StartAsync();
        using var http = new HttpClient();
        using var webhook = new AlertWebhook(
            AlertOptions.None with { WebhookUrl = new Uri(receiver.Urls.First() + "/hook"), WebhookSecret = "sésame" }, _database.Settings, http, _clock, NullLogger<AlertWebhook>.Instance);

        Assert.That(await webhook.SendDueAsync(CancellationToken.None), Is.Zero, "it was refused");
        Assert.That(await webhook.SendDueAsync(CancellationToken.None), Is.Zero, "and is put off");
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.That(await webhook.SendDueAsync(CancellationToken.None), Is.EqualTo(1));
        Assert.That(await webhook.SendDueAsync(CancellationToken.None), Is.Zero, "what was taken is not sent again");
        await WriteAsync([Row(2, 10)], watermark: 3 * Window);
        Assert.That(await webhook.SendDueAsync(CancellationToken.None), Is.EqualTo(1));

        Assert.Multiple(() =>
        {
            Assert.That(got.Select(message => Uri.UnescapeDataString(message.Id)), Is.EqualTo((string[])
            [
                "pm25-high|Warsaw|2026-01-15T14:00:00Z|firing", "pm25-high|Warsaw|2026-01-15T14:00:00Z|firing", "pm25-high|Warsaw|2026-01-15T14:00:00Z|resolved",
            ]));
            foreach (var message in got)
            {
                using var hmac = new HMACSHA256(Encoding.UTF8.GetBytes("sésame"));
                byte[] signed = [.. Encoding.UTF8.GetBytes(message.Time), (byte)'.', .. message.Body];
                Assert.That(message.Signature, Is.EqualTo("sha256=" + Convert.ToHexString(hmac.ComputeHash(signed)).ToLowerInvariant()));
            }

            var last = JsonDocument.Parse(got[^1].Body).RootElement;
            Assert.That((last.GetProperty("state").GetString(), last.GetProperty("peak").GetDouble(), last.GetProperty("value").GetDouble()), Is.EqualTo(("resolved", 61, 10)));
        });
    }

    private const long Begin = Rows.Start;

    private IDatabaseWriter Writer()
    {
        var judge = new AlertJudge(new AlertOptions([High], SensorSilent: true, null, null), TimeSpan.FromMinutes(5), _clock);
        return provider == DatabaseProvider.Sqlite
            ? new SqliteWriter(_database.Settings.ConnectionString, "postgres", false, judge)
            : new PostgresWriter(_database.Settings.ConnectionString, "postgres", false, judge);
    }

    /// <summary>An aligned window of which the first metric has this mean.</summary>
    private static AggregateRow Row(int index, double pm25)
    {
        var row = Rows.Of(10, start: Begin + (index * Window));
        MetricSummary[] metrics = [.. row.Metrics];
        metrics[0] = metrics[0] with { Mean = pm25 };
        return row with { Metrics = metrics };
    }

    private static SensorStatus Status(string sensor, long seenAfterMs, long intervalMs) => Rows.Status(sensor, Begin + seenAfterMs, 1, interval: intervalMs);

    private async Task WriteAsync(AggregateRow[] rows, long watermark, SensorStatus[]? sensors = null)
    {
        var batch = new PartitionRows(Log, 0, _next);
        foreach (var row in rows)
        {
            // Each later than any before it.
            batch.Take(row with { Revision = 100 + _next, WatermarkMs = Begin + watermark }, _next++);
        }

        foreach (var sensor in sensors ?? [])
        {
            batch.Take(sensor, _next++);
        }

        Assert.That(await _writer.WriteAsync([batch], CancellationToken.None), Is.True);
    }

    private Task<IReadOnlyList<string>> AlertsAsync() => _database.QueryAsync("SELECT state, windows, value, peak FROM alerts WHERE rule = 'pm25-high'");

    private Task<IReadOnlyList<string>> SilentAsync() => _database.QueryAsync("SELECT sensor_id, state, value FROM alerts WHERE rule = 'sensor_silent' ORDER BY since");
}
