using Microsoft.Extensions.Time.Testing;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Kafka;
using SmartCity.Streams.Sinks.Database;
using SmartCity.Tests.Api;

namespace SmartCity.Tests.Sinks.Database;

/// <summary>One city falls silent at noon while others go on: its last hour becomes final all the same, by what its window task says of itself, and by nobody else's word.</summary>
[TestFixture(DatabaseProvider.Sqlite)]
[TestFixture(DatabaseProvider.Postgres)]
internal sealed class SilentCityTests(DatabaseProvider provider)
{
    private const int Tasks = 4;
    private const string Hour = "/query/air-quality?city=Warsaw&resolution=1h&from=2026-01-15T14:00:00Z&to=2026-01-15T15:00:00Z";

    private static readonly SourceLog Log = new("cluster", "rows", "id");
    private static readonly int OfWarsaw = GroupKeySerde.TaskOf(SensorType.AirQuality, "Warsaw", Tasks);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 15, 15, 30, 0, TimeSpan.Zero));
    private ApiUnderTest _api = null!;
    private IDatabaseWriter _writer = null!;
    private long _next;

    [SetUp]
    public async Task A_city_spoke_until_five_past_two()
    {
        _api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(provider));
        _writer = provider == DatabaseProvider.Sqlite
            ? new SqliteWriter(_api.Database.ConnectionString, "postgres", false, null, _clock)
            : new PostgresWriter(_api.Database.ConnectionString, "postgres", false, null, _clock);
        await _writer.LoadAsync(Log, new Dictionary<int, long> { [0] = 0 }, default);
        _next = 0;
        await WriteAsync(rows => rows.Take(Rows.Of(1, isFinal: true, watermark: Minutes(15)), _next++));
        await WriteAsync(rows => rows.Take(Rows.Of(2, "Berlin", start: Minutes(85), watermark: Minutes(90)), _next++));
        Assert.That(await IsFinalAsync(), Is.False, "nobody knows yet whether more is to come from Warsaw");
    }

    [TearDown]
    public async Task Stop()
    {
        await _writer.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Test]
    public async Task Its_last_hour_is_final_once_its_window_task_has_passed_the_hours_end_and_grace()
    {
        await TellAsync(OfWarsaw, Minutes(69));
        Assert.That(await IsFinalAsync(), Is.False, "grace is ten minutes");
        await TellAsync(OfWarsaw, Minutes(71));
        Assert.That(await IsFinalAsync(), Is.True);
        Assert.That(await WatermarkAsync("Berlin"), Is.EqualTo(Minutes(90)), "what the others' own rows say stands");
    }

    [Test]
    public async Task Another_window_tasks_word_says_nothing_of_it()
    {
        foreach (int task in Enumerable.Range(0, Tasks).Except([OfWarsaw]))
        {
            await TellAsync(task, Minutes(90));
        }

        Assert.That(await IsFinalAsync(), Is.False);
    }

    [Test]
    public async Task What_a_backlog_says_is_not_believed_since_rows_of_hours_may_still_be_read()
    {
        await TellAsync(OfWarsaw, Minutes(90), age: TimeSpan.FromMinutes(2));
        Assert.That(await IsFinalAsync(), Is.False);
    }

    [Test]
    public async Task A_word_is_believed_a_minute_later_since_rows_travel_on_other_partitions()
    {
        await TellAsync(OfWarsaw, Minutes(90), wait: TimeSpan.FromSeconds(59));
        Assert.That(await IsFinalAsync(), Is.False);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await WriteAsync(rows => rows.Skip(_next++));
        Assert.That(await IsFinalAsync(), Is.True);
    }

    private static long Minutes(int after) => Rows.Start + (after * Rows.Minute);

    private async Task TellAsync(int task, long watermark, TimeSpan age = default, TimeSpan? wait = null)
    {
        var progress = new TaskProgress(task, Tasks, watermark, (_clock.GetUtcNow() - age).ToUnixTimeMilliseconds());
        await WriteAsync(rows => rows.Take(progress, _next++));
        _clock.Advance(wait ?? TimeSpan.FromMinutes(1));
        await WriteAsync(rows => rows.Skip(_next++));
    }

    private async Task WriteAsync(Action<PartitionRows> take)
    {
        var batch = new PartitionRows(Log, 0, _next);
        take(batch);
        Assert.That(await _writer.WriteAsync([batch], default), Is.True);
    }

    private async Task<bool> IsFinalAsync() => (await _api.JsonAsync(Hour)).GetProperty("results")[0].GetProperty("is_final").GetBoolean();

    private async Task<long> WatermarkAsync(string city)
    {
        await using var context = _api.Database.CreateContext();
        return new DateTimeOffset(context.StreamProgress.Single(row => row.City == city).Watermark, TimeSpan.Zero).ToUnixTimeMilliseconds();
    }
}
