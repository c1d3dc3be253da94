using System.Text;

using Microsoft.Extensions.Time.Testing;

using SmartCity.Simulator.City;
using SmartCity.Simulator.Feed;

namespace SmartCity.Tests.Simulator;

[TestFixture]
internal sealed class CityFeedTests
{
    private static readonly DateTimeOffset Now = Generated.Monday.AddHours(8);
    private static readonly CityOptions City = Generated.Calm(Now.AddHours(-1)) with { Rate = 10 };

    [Test]
    public async Task The_history_comes_at_once_and_in_order_of_time_and_the_rest_as_its_time_comes()
    {
        var clock = new FakeTimeProvider(Now);
        var sink = new CollectingSink();
        var all = Generated.From(City, TimeSpan.FromSeconds(3660)).ToList();
        var past = DueBefore(TimeSpan.FromHours(1));

        var run = Feed(sink, clock, new() { LiveFrom = Now, Duration = TimeSpan.FromMinutes(1) }).RunAsync(CancellationToken.None);

        Assert.That(sink.Count, Is.EqualTo(past).Within(1));
        while (!run.IsCompleted)
        {
            // Nothing is sent ahead of its time (within the millisecond that is not worth a timer).
            Assert.That(sink.Count, Is.LessThanOrEqualTo(DueBefore(clock.GetUtcNow().AddMilliseconds(1) - City.Start)));
            clock.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }

        await run;
        Assert.That(sink.Records.Select(r => r.Value), Is.EqualTo(all.Select(r => Encoding.UTF8.GetString(r.Value))));

        int DueBefore(TimeSpan sinceStart) => all.Count(r => r.DueUs < (City.Start + sinceStart).ToUnixTimeMilliseconds() * 1000);
    }

    [Test]
    public async Task Cancelling_ends_it_without_an_error()
    {
        var clock = new FakeTimeProvider(Now);
        var sink = new CollectingSink();
        using var stopping = new CancellationTokenSource();
        var run = Feed(sink, clock, new() { LiveFrom = Now }).RunAsync(stopping.Token);

        await stopping.CancelAsync();
        await run;

        Assert.That(sink.Count, Is.GreaterThan(35_000));
    }

    [Test]
    public async Task A_gate_holds_it_up()
    {
        var opened = new TaskCompletionSource();
        var sink = new CollectingSink();
        var options = new FeedOptions
        {
            LiveFrom = Now,
            Duration = TimeSpan.Zero,
            GateEvery = 1000,
            Gate = (sent, _) => sent == 3000 ? new ValueTask(opened.Task) : ValueTask.CompletedTask,
        };

        var run = Feed(sink, new FakeTimeProvider(Now), options).RunAsync(CancellationToken.None);

        Assert.That(sink.Count, Is.EqualTo(3000));
        opened.SetResult();
        await run;
        Assert.That(sink.Count, Is.EqualTo(Generated.From(City, TimeSpan.FromHours(1)).Count()));
    }

    [Test]
    public async Task Flat_out_it_never_runs_ahead_of_the_clock_and_ends_by_it()
    {
        var clock = new FakeTimeProvider(Now);
        var sink = new CollectingSink();
        var city = Generated.Calm(Now) with { Rate = CityOptions.FlatOutRate };
        var options = new FeedOptions { LiveFrom = Now, Duration = TimeSpan.FromMilliseconds(20), FlatOut = true };
        var run = new CityFeed(new CityModel(city), sink, new FeedStatistics(), options, clock).RunAsync(CancellationToken.None);
        var counts = new List<int>();
        while (!run.IsCompleted)
        {
            counts.Add(sink.Count);
            clock.Advance(TimeSpan.FromMilliseconds(5));
            await Task.Yield();
        }

        await run;

        // A million a second: a thousand for each millisecond gone, and for the one that is not worth a timer.
        Assert.That(counts[0], Is.LessThanOrEqualTo(1_500));
        Assert.That(sink.Count, Is.InRange(10_000, 21_500));
    }

    [Test]
    public async Task What_was_sent_is_counted_by_kind()
    {
        var city = City with { LateFraction = 0.1, FaultFraction = 0.1, DuplicateFraction = 0.1, LateMax = TimeSpan.FromSeconds(1) };
        var statistics = new FeedStatistics();
        var sink = new CollectingSink();
        await new CityFeed(new CityModel(city), sink, statistics, new() { LiveFrom = Now, Duration = TimeSpan.Zero }, new FakeTimeProvider(Now))
            .RunAsync(CancellationToken.None);
        var expected = Generated.From(city, TimeSpan.FromHours(1)).ToLookup(r => r.Kind);

        Assert.Multiple(() =>
        {
            Assert.That(statistics.OnTime, Is.EqualTo(expected[EmissionKind.OnTime].Count()));
            Assert.That(statistics.Late, Is.EqualTo(expected[EmissionKind.Late].Count()));
            Assert.That(statistics.Faulty, Is.EqualTo(expected[EmissionKind.Faulty].Count()));
            Assert.That(statistics.Duplicates, Is.EqualTo(expected[EmissionKind.Duplicate].Count()));
            Assert.That(statistics.Sent, Is.EqualTo(sink.Count));
        });
    }

    private static CityFeed Feed(CollectingSink sink, TimeProvider clock, FeedOptions options) => new(new CityModel(City), sink, new FeedStatistics(), options, clock);
}
