using SmartCity.Streams.Engine;
using SmartCity.Tests.Determinism;
using SmartCity.Tests.Oracle;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Fuzz;

/// <summary>Hostile messages through a real Kafka into a worker, good readings between them: it goes on, counts what is a reading, and passes on everything else byte for byte.</summary>
internal sealed class KafkaFuzzTests
{
    private const int GoodOneIn = 50;

    [Test]
    public async Task A_worker_outlives_every_message_and_each_is_counted_or_a_dead_letter_as_the_oracle_says()
    {
        FuzzSettings settings = FuzzSettings.FromEnvironment();
        await using CityRun run = await CityRun.StartAsync(await TestServers.KafkaAsync(), CityLog.Partitions);
        KafkaStreams worker = await run.StartWorkerAsync();

        // The record's time is that of the made-up readings or an hour later, so that windows close while it lasts.
        DateTimeOffset start = new(2026, 1, 15, 13, 30, 0, TimeSpan.Zero);
        TimeSpan step = TimeSpan.FromHours(1) / settings.KafkaMessages;
        run.Log(HostileMessages.Of(settings.Seed, settings.KafkaMessages).Select((message, n) => n % GoodOneIn == 0
            ? CityLog.Reading(n / GoodOneIn % CityLog.Partitions, start + (n * step), $"good-{n}")
            : new LoggedReading(n % CityLog.Partitions, (start + (n * step)).ToUnixTimeMilliseconds(), message)));
        run.Log(Enumerable.Range(0, CityLog.Partitions).Select(partition => CityLog.Reading(partition, start.AddHours(3), "closing")));
        await Eventually.IsTrueAsync(
            async () => worker.Fault is { } fault ? throw new AssertionException($"The worker stopped: {fault}") : await run.ProgressAsync() >= 1, "all is read", TimeSpan.FromMinutes(9));

        var input = run.Input();
        OracleVerdict verdict = WindowOracle.Judge(input, [], new OracleTimes());
        var finals = CityLog.Finals(verdict);
        var rows = await run.FinalRowsAsync(finals.Count);
        Assert.Multiple(() =>
        {
            Assert.That(rows, Has.Count.EqualTo(finals.Count));
            Assert.That(rows.Values.Sum(CityRun.CountOf), Is.EqualTo(finals.Values.Sum(window => window.ReadingCount)));
            Assert.That(SideTopicComparison.DeadLetters(input, run.DeadLetters(), verdict).ToString(), Does.StartWith("lost 0, doubled or made up 0, differing 0"));
            Assert.That(SideTopicComparison.Late(input, run.Late(), verdict).ToString(), Does.StartWith("lost 0, doubled or made up 0, differing 0"));
            Assert.That(verdict.Invalid, Has.Count.GreaterThan(settings.KafkaMessages / 4));
            Assert.That(worker.Status().ThreadsAlive, Is.True);
        });
        await worker.StopAsync(TimeSpan.FromSeconds(60));
        TestContext.Out.WriteLine($"{settings.KafkaMessages} messages of seed {settings.Seed}: {verdict.Valid.Count} readings, {verdict.Invalid.Count} dead letters, {verdict.Late.Count} late, {finals.Count} final windows");
    }
}
