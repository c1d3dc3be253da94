using Microsoft.Extensions.Time.Testing;

using SmartCity.Streams.Sinks;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Lake;

/// <summary>The raw sink on a real Kafka, stopped at the worst moments. In the end every reading is in the lake once, byte for byte.</summary>
internal sealed class LakeSinkCrashTests
{
    private const int Partitions = 3;

    private LakeSinkFixture _test = null!;

    [SetUp]
    public async Task MakeTopicAsync()
    {
        var kafka = await TestServers.KafkaAsync();
        _test = new LakeSinkFixture(kafka.BootstrapServers, Partitions);
        await kafka.CreateTopicAsync(_test.Topic, Partitions);
    }

    [TearDown]
    public void RemoveLake() => _test.Dispose();

    [Test]
    public async Task A_clean_stop_writes_everything_and_leaves_no_cut_open()
    {
        _test.Publish(1_000);
        var sink = await _test.NewSink().StartAsync();
        await Eventually.IsTrueAsync(() => sink.Read == 1_000, "all has been read");
        Assert.That(Directory.GetFiles(_test.Lake.Path, "*", SearchOption.AllDirectories), Is.Empty);
        await sink.StopAsync();

        _test.AssertLakeHoldsEveryReadingOnce();
        Assert.That(_test.Committed().Select(c => c.First), Is.EqualTo(_test.Committed().Select(c => c.End)));
        Assert.That(_test.Committed().Sum(c => c.End), Is.EqualTo(1_000));
        Assert.That(sink.Status.Rows, Is.EqualTo(900));
    }

    [Test]
    public async Task A_crash_between_cut_and_upload_is_finished_by_the_next_owner()
        => await CrashAsync(store => store.BeforePut = (_, ct) => Task.Delay(Timeout.Infinite, ct), puts: 0);

    [Test]
    public async Task A_crash_in_mid_upload_is_finished_by_the_next_owner()
        => await CrashAsync(store => store.BeforePut = (number, ct) => number <= 3 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, ct), puts: 3);

    [Test]
    public async Task A_crash_after_an_upload_and_before_its_end_is_committed_repeats_the_upload()
        => await CrashAsync(store => store.AfterPut = (_, ct) => Task.Delay(Timeout.Infinite, ct), puts: 4);

    [Test]
    public async Task A_batch_whose_cut_was_never_committed_is_cut_anew()
    {
        _test.Publish(1_000);
        var dying = await _test.NewMortalSink(_test.Lake.Store).StartAsync();
        await Eventually.IsTrueAsync(() => dying.Read == 1_000, "all has been read");
        await dying.StopAsync();
        Assert.That(Directory.GetFiles(_test.Lake.Path, "*", SearchOption.AllDirectories), Is.Empty);

        await FinishAsync(1_000);
        _test.AssertLakeHoldsEveryReadingOnce();
    }

    [Test]
    public async Task Many_crashes_in_a_row_still_leave_every_reading_once()
    {
        var random = new Random(4);
        var total = 0;
        for (var round = 0; round < 6; round++)
        {
            _test.Publish(500);
            total += 500;
            var clock = new FakeTimeProvider();
            var hangAt = random.Next(1, 60);
            var hung = new TaskCompletionSource();
            var store = new TestStore(_test.Lake.Store);
            var where = round % 2 == 0;
            store.BeforePut = (number, ct) => where && number >= hangAt ? HangAsync(ct) : Task.CompletedTask;
            store.AfterPut = (number, ct) => !where && number >= hangAt ? HangAsync(ct) : Task.CompletedTask;
            // Each owner would cut the log elsewhere, had the one before not committed its cut.
            var dying = await _test.NewMortalSink(store, clock, _test.Options with { FlushBytes = random.Next(20_000, 200_000) }).StartAsync();
            await Eventually.IsTrueAsync(
                () =>
                {
                    clock.Advance(TimeSpan.FromMinutes(10));
                    return hung.Task.IsCompleted || dying.Safe == total;
                },
                "the upload hangs, or all is safe before");
            await dying.StopAsync();

            Task HangAsync(CancellationToken ct)
            {
                hung.TrySetResult();
                return Task.Delay(Timeout.Infinite, ct);
            }
        }

        await FinishAsync(total, flushBytes: 30_000);
        _test.AssertLakeHoldsEveryReadingOnce();
    }

    [Test]
    public async Task A_second_worker_takes_over_an_upload_that_hangs_and_the_first_one_coming_to_itself_does_no_harm()
    {
        _test.Publish(1_000);
        var clock = new FakeTimeProvider();
        var release = new TaskCompletionSource();
        var store = new TestStore(_test.Lake.Store) { BeforePut = (_, _) => release.Task };
        var slow = await _test.NewSink(store, clock: clock).StartAsync();
        await Eventually.IsTrueAsync(() => slow.Read == 1_000, "all has been read");
        clock.Advance(TimeSpan.FromHours(1));
        await Eventually.IsTrueAsync(() => Array.Exists(_test.Committed(), c => c.End > c.First), "a batch is cut and the upload hangs");

        var quick = await _test.NewSink().StartAsync();
        await Eventually.IsTrueAsync(() => quick.Status.Partitions.Count > 0 && slow.Status.Partitions.Count + quick.Status.Partitions.Count == Partitions, "the second has its share");
        _test.Publish(300);
        await Eventually.IsTrueAsync(() => quick.Status.Partitions.All(p => p.Position == p.End && p.Position > 400), "the second has read its share");
        release.SetResult();
        await Eventually.IsTrueAsync(() => slow.Read + quick.Read == 1_300, "all has been read");
        await slow.StopAsync();
        await quick.StopAsync();
        await FinishAsync(1_300);

        _test.AssertLakeHoldsEveryReadingOnce();
        Assert.That(_test.Committed(), Is.All.Matches<(long First, long End)>(c => c.First == c.End));
    }

    [Test]
    public async Task Workers_that_come_and_go_while_readings_flow_leave_every_reading_once()
    {
        var total = 0;
        var running = new Queue<LakeSinkRun>();
        var options = _test.Options with { FlushInterval = TimeSpan.FromSeconds(1) };
        for (var round = 0; round < 8; round++)
        {
            running.Enqueue(await _test.NewSink(lake: options).StartAsync());
            _test.Publish(400);
            total += 400;
            if (round % 2 == 1)
            {
                await running.Dequeue().StopAsync();
            }
        }

        while (running.TryDequeue(out var sink))
        {
            await sink.StopAsync();
        }

        await FinishAsync(total);
        _test.AssertLakeHoldsEveryReadingOnce();
    }

    /// <summary>Runs a sink into a store that hangs, kills it there, publishes more, and lets a second sink finish.</summary>
    private async Task CrashAsync(Action<TestStore> spoil, int puts)
    {
        _test.Publish(1_000);
        var clock = new FakeTimeProvider();
        var store = new TestStore(_test.Lake.Store);
        spoil(store);
        var dying = await _test.NewMortalSink(store, clock).StartAsync();
        await Eventually.IsTrueAsync(() => dying.Read == 1_000, "all has been read");
        clock.Advance(TimeSpan.FromHours(1));
        await Eventually.IsTrueAsync(() => store.Puts.Count >= puts && Array.Exists(_test.Committed(), c => c.End > c.First), "a batch is cut and the upload hangs");
        await dying.StopAsync();
        Assert.That(store.Puts, Has.Count.EqualTo(puts));
        var cut = _test.Committed();
        Assert.That(cut, Has.Some.Matches<(long First, long End)>(c => c.End > c.First), "the cut is still open");
        var before = Files();

        _test.Publish(500);
        await FinishAsync(1_500);
        _test.AssertLakeHoldsEveryReadingOnce();

        // What had been written was written again, to the same bytes.
        foreach (var (file, content) in before)
        {
            Assert.That(File.ReadAllBytes(file), Is.EqualTo(content), file);
        }
    }

    private async Task FinishAsync(long published, long flushBytes = 1 << 28)
    {
        var heir = await _test.NewSink(lake: _test.Options with { FlushBytes = flushBytes }).StartAsync();
        await Eventually.IsTrueAsync(() => heir.Read == published, "all has been read");
        await heir.StopAsync();
        Assert.That(heir.Status.State, Is.EqualTo(SinkState.Stopped));
    }

    private Dictionary<string, byte[]> Files()
        => Directory.GetFiles(_test.Lake.Path, "*.parquet", SearchOption.AllDirectories).ToDictionary(f => f, File.ReadAllBytes);
}
