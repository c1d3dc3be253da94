using SmartCity.Streams.Engine;
using SmartCity.Tests.Oracle;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Determinism;

/// <summary>
/// Four partitions: two go on, one falls silent, one never had a reading. Windows become final all the same; what the silent ones then bring of old times is
/// late, by a raise that is on record; and the number of workers has no part in it.
/// </summary>
internal sealed class SilenceTests
{
    private const int Silent = 2;
    private const int Empty = 3;

    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(2);
    private static readonly OracleTimes Times = new();
    private static readonly Lazy<Task<SortedDictionary<string, string>>> WithOneWorker = new(() => RunAsync(1));

    [Test]
    public async Task Finality_goes_on_and_old_readings_of_partitions_that_wake_are_late_by_a_recorded_raise() => _ = await WithOneWorker.Value;

    [Test]
    public async Task Three_workers_write_the_same_final_rows_as_one()
    {
        var rows = await RunAsync(3);

        var expected = await WithOneWorker.Value;
        Assert.That(expected.Where(row => rows.GetValueOrDefault(row.Key) != row.Value), Is.Empty);
        Assert.That(rows, Has.Count.EqualTo(expected.Count));
    }

    private static async Task<SortedDictionary<string, string>> RunAsync(int workers)
    {
        await using CityRun run = await CityRun.StartAsync(await TestServers.KafkaAsync(), CityLog.Partitions, IdleTimeout);
        List<KafkaStreams> running = [.. await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => run.StartWorkerAsync()))];
        await Eventually.IsTrueAsync(() => running.TrueForAll(worker => worker.State == StreamsState.Running), "the workers run");

        // Two partitions reach minute 40; one stops at minute 10; one has nothing.
        run.Log(Enumerable.Range(0, 41).SelectMany(minute => Enumerable.Range(0, minute <= 10 ? 3 : 2).Select(partition => At(partition, minute))));
        int closed = FinalBy(run, minute: 40).Count;
        Assert.That(closed, Is.GreaterThan(25));
        await run.FinalRowsAsync(closed);

        // Now they wake: with readings of minutes that are closed, and of one that is open everywhere.
        LoggedReading[] old = [At(Silent, 12, logged: 41), At(Empty, 5, logged: 41)];
        LoggedReading[] open = [At(Silent, 39, logged: 41), At(Empty, 39, logged: 41)];
        run.Log([.. old, .. open]);
        run.Log(Enumerable.Range(0, CityLog.Partitions).Select(partition => At(partition, 60)));
        var finals = FinalBy(run, minute: 60);
        var rows = await run.FinalRowsAsync(finals.Count);
        foreach (KafkaStreams worker in running)
        {
            await worker.StopAsync(TimeSpan.FromSeconds(60));
        }

        var input = run.Input();
        var raises = run.Raises();
        OracleVerdict verdict = WindowOracle.Judge(input, raises, Times);
        Assert.Multiple(() =>
        {
            Assert.That(verdict.Late.Keys, Is.EquivalentTo((LogPlace[])[new(Silent, 11), new(Empty, 0)]), "the old ones are late, the others are not");
            Assert.That(WindowOracle.Judge(input, [], Times).Late, Is.Empty, "without the raises they would have counted");
            Assert.That(raises.Select(raise => (raise.Partition, raise.Offset)), Is.SupersetOf(((int, long)[])[(Silent, 11), (Empty, 0)]), "and each raise says from where on");
            Assert.That(verdict.LateByRaise.Keys, Is.EquivalentTo(verdict.Late.Keys), "and it is a raise that made them so");
            Assert.That(SideTopicComparison.Late(input, run.Late(), verdict).None, Is.True, "each is passed on once, as it was, with how late it is and the raise that made it so");
        });

        // Which later windows a raise by the wall clock has closed as well depends on how long the run took.
        var must = finals.Keys.Select(key => Start(key)).ToHashSet(StringComparer.Ordinal);
        return new SortedDictionary<string, string>(rows.Where(row => must.Any(start => row.Key.Contains(start, StringComparison.Ordinal))).ToDictionary(), StringComparer.Ordinal);
    }

    /// <summary>The windows of the log so far that are final when every partition has come to a minute, were it by a raise.</summary>
    private static Dictionary<OracleWindowKey, OracleWindow> FinalBy(CityRun run, int minute)
    {
        long time = CityLog.Start.AddMinutes(minute).ToUnixTimeMilliseconds();
        var verdict = WindowOracle.Judge(run.Input(), [], Times);
        return verdict.Windows.Where(window => window.Key.StartMs + Times.SizeMs + Times.GraceMs <= time).ToDictionary();
    }

    private static LoggedReading At(int partition, int minute, int? logged = null)
        => CityLog.Reading(partition, CityLog.Start.AddMinutes(minute), $"T-{partition}", CityLog.Start.AddMinutes(logged ?? minute));

    private static string Start(OracleWindowKey key) => $"\"window_start\":\"{DateTimeOffset.FromUnixTimeMilliseconds(key.StartMs):yyyy-MM-dd'T'HH:mm:ss'Z'}\"";
}
