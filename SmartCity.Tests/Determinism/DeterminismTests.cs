using SmartCity.Streams.Engine;
using SmartCity.Tests.Oracle;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;
using SmartCity.Tests.Worker;

namespace SmartCity.Tests.Determinism;

/// <summary>
/// The same log gives the same rows to the last bit: with one worker or four, read at once or as it comes, killed in the middle or not. The rows compared are
/// those of the aggregates topic, without revision, watermark and processing time, which say from which block and when a row was written.
/// </summary>
internal sealed class DeterminismTests
{
    private static readonly Lazy<List<LoggedReading>> Log = new(() => CityLog.Of(TimeSpan.FromMinutes(90)));
    private static readonly Lazy<OracleVerdict> Verdict = new(() => WindowOracle.Judge(CityLog.AsRead(Log.Value), [], new OracleTimes()));
    private static readonly Lazy<Task<SortedDictionary<string, string>>> Reference = new(() => RowsAsync(async run =>
    {
        run.Log(Log.Value);
        await run.StartWorkerAsync();
    }));

    [Test]
    public async Task One_worker_s_rows_are_those_of_the_oracle()
    {
        var rows = await Reference.Value;

        var finals = CityLog.Finals(Verdict.Value);
        Assert.That(finals, Has.Count.GreaterThan(5_000));
        Assert.That(Verdict.Value.Late, Has.Count.GreaterThan(100), "some readings are too late");
        Assert.That(rows.Values.Sum(CityRun.CountOf), Is.EqualTo(finals.Values.Sum(window => window.ReadingCount)));
        Assert.That(rows, Has.Count.EqualTo(finals.Count));
    }

    [TestCase(2)]
    [TestCase(4)]
    public async Task Several_workers_write_the_same_rows_as_one(int workers)
    {
        var rows = await RowsAsync(async run =>
        {
            run.Log(Log.Value);
            await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => run.StartWorkerAsync()));
        });

        await SameAsTheReferenceAsync(rows);
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(4)]
    public async Task A_worker_killed_in_the_middle_changes_nothing(int workers)
    {
        ToxiproxyServer toxiproxy = await TestServers.ToxiproxyAsync();
        KafkaServer kafka = await TestServers.KafkaAsync();
        await using Proxy proxy = await kafka.OpenProxyAsync(toxiproxy);
        var rows = await RowsAsync(async run =>
        {
            // So slowly that the kill comes in the middle for certain.
            await proxy.AddToxicAsync("bandwidth", "downstream", ("rate", 1500));
            run.Log(Log.Value);
            List<WorkerProcess> running = [.. Enumerable.Range(0, workers).Select(_ => run.StartWorkerProcess(proxy.Address))];
            await Eventually.IsTrueAsync(async () => await run.ProgressAsync() > 0.1, "some of the log is read");
            await running[0].KillAsync();
            Assert.That(await run.ProgressAsync(), Is.LessThan(0.9), "much is left to read");

            await proxy.RemoveToxicAsync("bandwidth");
            run.StartWorkerProcess(proxy.Address);
        });

        await SameAsTheReferenceAsync(rows);
    }

    [Test]
    public async Task After_an_outage_of_an_hour_catching_up_drops_nothing_that_an_uninterrupted_run_counts()
    {
        DateTimeOffset breaksAt = CityLog.Start.AddMinutes(20);
        var before = Log.Value.Where(reading => reading.TimestampMs < breaksAt.ToUnixTimeMilliseconds()).ToList();
        var whileAway = Log.Value.Skip(before.Count).ToList();
        int rate = before.Count / 20;

        // Uninterrupted, it reads every minute of the log as it comes; all partitions move on together.
        List<string> late = [];
        var uninterrupted = await RowsAsync(
            async run =>
            {
                await run.StartWorkerAsync();
                foreach (LoggedReading[] minute in Log.Value.Chunk(rate))
                {
                    run.Log(minute);
                    await IsReadAsync(run);
                }
            },
            run => late = Places(run.Late()));

        // With an outage, it finds an hour in each partition, and reads them at whatever pace the broker gives them to two workers.
        List<string> lateAfterwards = [];
        var interrupted = await RowsAsync(
            async run =>
            {
                KafkaStreams worker = await run.StartWorkerAsync();
                run.Log(before);
                await IsReadAsync(run);
                await worker.StopAsync(TimeSpan.FromSeconds(60));
                run.Log(whileAway);
                await Task.WhenAll(run.StartWorkerAsync(), run.StartWorkerAsync());
            },
            run => lateAfterwards = Places(run.Late()));

        await SameAsTheReferenceAsync(uninterrupted);
        await SameAsTheReferenceAsync(interrupted);
        Assert.That(late, Is.EqualTo(Verdict.Value.Late.Keys.Select(place => $"{place.Partition}/{place.Offset}").Order(StringComparer.Ordinal)));
        Assert.That(lateAfterwards, Is.EqualTo(late));
    }

    /// <summary>A run of its own: what <paramref name="work"/> does with it, its final rows once all are there, and what else is to be looked at before it ends.</summary>
    private static async Task<SortedDictionary<string, string>> RowsAsync(Func<CityRun, Task> work, Action<CityRun>? inTheEnd = null)
    {
        await using CityRun run = await CityRun.StartAsync(await TestServers.KafkaAsync(), CityLog.Partitions);
        await work(run);
        var rows = await run.FinalRowsAsync(CityLog.Finals(Verdict.Value).Count);
        inTheEnd?.Invoke(run);
        return rows;
    }

    private static async Task SameAsTheReferenceAsync(SortedDictionary<string, string> rows)
    {
        var expected = await Reference.Value;
        var differing = expected.Where(row => rows.GetValueOrDefault(row.Key) != row.Value).Select(row => $"{row.Value}\n  {rows.GetValueOrDefault(row.Key)}").Take(5);
        Assert.That(differing, Is.Empty);
        Assert.That(rows, Has.Count.EqualTo(expected.Count));
    }

    private static Task IsReadAsync(CityRun run) => Eventually.IsTrueAsync(async () => await run.ProgressAsync() >= 1, "all is read");

    private static List<string> Places(IEnumerable<IEnumerable<LogRecord>> late)
        => [.. late.SelectMany(partition => partition).Select(record => $"{record.Headers["source.partition"]}/{record.Headers["source.offset"]}").Order(StringComparer.Ordinal)];
}
