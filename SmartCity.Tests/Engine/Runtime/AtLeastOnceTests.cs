using SmartCity.AppHost.Broker;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Windows;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine.Runtime;

/// <summary>At least once on the embedded broker, which knows no transactions and creates no topics for an admin client.</summary>
[TestFixture]
internal sealed class AtLeastOnceTests
{
    [Test]
    public async Task On_the_embedded_broker_every_word_is_counted()
    {
        using var broker = EmbeddedBroker.Start();
        await using var run = On(broker, partitions: 3);
        var worker = await run.StartAsync(Config(run));
        run.Say(3000);
        await run.CountsComeOutRightAsync();
        await worker.StopAsync(TimeSpan.FromSeconds(60));

        Assert.That(worker.State, Is.EqualTo(StreamsState.NotRunning));
        Assert.That(run.Logs.Count(1106), Is.Zero, "nothing had to be given up");
    }

    [Test]
    public async Task A_worker_that_stopped_in_good_order_counts_nothing_twice()
    {
        using var broker = EmbeddedBroker.Start();
        await using var run = On(broker, partitions: 2);
        for (var i = 0; i < 3; i++)
        {
            run.Say(500);
            var worker = await run.StartAsync(Config(run));
            await run.CountsComeOutRightAsync();
            await worker.StopAsync(TimeSpan.FromSeconds(60));
        }
    }

    [Test]
    public async Task A_silent_partition_is_raised_there_too()
    {
        using var broker = EmbeddedBroker.Start();
        await using var run = On(broker, partitions: 2);
        var topology = WordCount.Build(TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(1), TimeSpan.Zero), run.Lines, run.Counts);
        var start = new DateTimeOffset(2026, 1, 15, 14, 0, 0, TimeSpan.Zero);
        await run.StartAsync(Config(run) with { IdleTimeout = TimeSpan.FromSeconds(1), RaiseInterval = TimeSpan.FromSeconds(1) }, topology);
        run.Say(0, "a", start);
        run.Say(0, "b", start.AddMinutes(5));
        run.FlushLines();

        await Eventually.IsTrueAsync(() => Task.Run(() => run.ReadAll(run.Counts).Contains($"a@{start.ToUnixTimeMilliseconds()}=1 final")), "the window is final");
    }

    [Test]
    public async Task Without_the_streams_own_topics_the_start_says_which_to_create()
    {
        using var broker = EmbeddedBroker.Start();
        await using var run = WordCountRun.OnClient(broker.ClientConfiguration, 2);
        broker.CreateTopic(run.Lines, 2);
        broker.CreateTopic(run.Counts, 1);

        Assert.That(async () => await run.StartAsync(Config(run)), Throws.TypeOf<StreamsException>().With.Message.Contains($"{run.Application}-partials with 2 partition"));
    }

    internal static WordCountRun On(EmbeddedBroker broker, int partitions)
    {
        var run = WordCountRun.OnClient(broker.ClientConfiguration, partitions);
        broker.CreateTopic(run.Lines, partitions);
        broker.CreateTopic(run.Counts, 1);
        foreach (var (name, count) in new[] { ("partials", 2), ($"{run.Topology().StoreName}-changelog", 2), ("stream-time", partitions), ("raises", 1) })
        {
            broker.CreateTopic($"{run.Application}-{name}", count);
        }

        return run;
    }

    internal static StreamsConfig Config(WordCountRun run) =>
        run.Config() with { Guarantee = ProcessingGuarantee.AtLeastOnce, SessionTimeout = TimeSpan.FromSeconds(3) };
}
