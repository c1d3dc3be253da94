using System.Globalization;

using Confluent.Kafka;

using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Windows;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine.Runtime;

/// <summary>Exactly once on a real broker: whatever happens to workers, every word is counted as often as it was said.</summary>
[TestFixture]
internal sealed class ExactlyOnceTests
{
    [Test]
    public async Task Every_word_is_counted_and_the_worker_stops_in_good_order()
    {
        await using var run = await WordCountRun.OnAsync(await TestServers.KafkaAsync(), partitions: 3);
        var worker = await run.StartAsync();
        run.Say(3000);
        await run.CountsComeOutRightAsync();

        await Eventually.IsTrueAsync(
            () => worker.Status() is { Inputs.Count: 3 } now && now.Inputs.Sum(i => i.Records) == 3000 && now.Inputs.All(i => i.NextOffset == 1000), "the status counts every record");
        var status = worker.Status();
        await worker.StopAsync(TimeSpan.FromSeconds(60));

        Assert.Multiple(() =>
        {
            Assert.That(status.ThreadsAlive, Is.True);
            Assert.That(status.Windows, Has.Count.EqualTo(2));
            Assert.That(worker.State, Is.EqualTo(StreamsState.NotRunning));
            Assert.That(worker.Completion.IsCompletedSuccessfully, Is.True);
            Assert.That(run.Logs.Count(1106), Is.Zero, "nothing had to be given up");
        });
    }

    [Test]
    public async Task A_worker_goes_on_from_its_local_store_and_from_an_empty_folder_alike()
    {
        await using var run = await WordCountRun.OnAsync(await TestServers.KafkaAsync(), partitions: 2);
        var first = await run.StartAsync();
        run.Say(1000);
        await run.CountsComeOutRightAsync();
        await first.StopAsync(TimeSpan.FromSeconds(60));

        run.Say(1000);
        var second = await run.StartAsync();
        await run.CountsComeOutRightAsync();
        await second.StopAsync(TimeSpan.FromSeconds(60));
        var restoredBefore = run.Logs.Text.Split('\n').Where(l => l.Contains(" 2006 ", StringComparison.Ordinal)).ToList();

        Directory.Delete(run.Config().StateDirectory, recursive: true);
        run.Say(1000);
        await run.StartAsync();
        await run.CountsComeOutRightAsync();
        var restored = run.Logs.Text.Split('\n').Where(l => l.Contains(" 2006 ", StringComparison.Ordinal)).Skip(restoredBefore.Count).ToList();

        Assert.Multiple(() =>
        {
            Assert.That(restoredBefore, Has.All.Contains(": 0 records"), "a store on disk is up to date");
            Assert.That(restored, Has.Some.Not.Contains(": 0 records"), "an empty folder is filled from the changelog");
        });
    }

    [Test]
    public async Task Work_in_hand_when_a_worker_is_cut_short_is_done_by_the_next()
    {
        await using var run = await WordCountRun.OnAsync(await TestServers.KafkaAsync(), partitions: 2);
        for (var i = 0; i < 4; i++)
        {
            var worker = await run.StartAsync();
            run.Say(700);
            await worker.StopAsync(TimeSpan.Zero);
        }

        await run.StartAsync();
        run.Say(200);
        await run.CountsComeOutRightAsync();
    }

    [Test]
    public async Task A_second_worker_takes_its_share_and_gives_it_back()
    {
        await using var run = await WordCountRun.OnAsync(await TestServers.KafkaAsync(), partitions: 4);
        var one = await run.StartAsync();
        run.Say(2000);
        var two = await run.StartAsync();
        await Eventually.IsTrueAsync(() => one.Status().Inputs.Count == 2 && two.Status().Inputs.Count == 2, "each has two input partitions");
        run.Say(2000);
        await Eventually.IsTrueAsync(() => one.Status().Windows.Count == 1 && two.Status().Windows.Count == 1, "each has one window task");
        run.Say(2000);
        await one.StopAsync(TimeSpan.FromSeconds(60));
        run.Say(1000);

        await run.CountsComeOutRightAsync();

        Assert.That(two.Status().Inputs, Has.Count.EqualTo(4));
        Assert.That(Directory.GetDirectories(Path.Combine(run.Config().StateDirectory, run.Application)).Select(Path.GetFileName), Is.EquivalentTo(["instance-0", "instance-1"]));
    }

    [Test]
    public async Task A_producer_that_somebody_fenced_is_replaced_and_its_work_done_again()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        await using var run = await WordCountRun.OnAsync(kafka, partitions: 2);
        await run.StartAsync();
        run.Say(500);
        await run.CountsComeOutRightAsync();
        var id = await File.ReadAllTextAsync(Path.Combine(run.Config().StateDirectory, run.Application, "instance-0", "id"));
        foreach (var thread in new[] { "combine-0", "windows-0" })
        {
            using var intruder = new ProducerBuilder<byte[], byte[]>(
                new ProducerConfig { BootstrapServers = kafka.BootstrapServers, TransactionalId = $"{run.Application}-{id}-{thread}" }).SetLogHandler((_, _) => { }).Build();
            intruder.InitTransactions(TimeSpan.FromSeconds(30));
            run.Say(500);
            await run.CountsComeOutRightAsync();
        }

        Assert.That(run.Logs.Count(2012), Is.GreaterThanOrEqualTo(2), "both threads took a second producer");
    }

    [Test]
    public async Task A_worker_that_stood_still_for_too_long_cannot_commit_any_more()
    {
        await using var run = await WordCountRun.OnAsync(await TestServers.KafkaAsync(), partitions: 2);
        using var gate = new ManualResetEventSlim();
        using var stuck = new ManualResetEventSlim();
        var config = run.Config() with { Client = new Dictionary<string, string>(run.Config().Client) { ["max.poll.interval.ms"] = "6000" } };
        await run.StartAsync(config, run.Topology(before: word =>
        {
            if (word == "stop")
            {
                stuck.Set();
                gate.Wait();
            }
        }));
        run.Say(200);
        await run.CountsComeOutRightAsync();
        run.Say(0, "stop it");
        run.Say(400);
        await Task.Run(stuck.Wait);

        var other = await run.StartAsync(config with { Roles = StreamsRoles.Combine }, run.Topology(), running: false);
        await Eventually.IsTrueAsync(() => other.Status().Inputs.Count == 2, "the other worker has all input partitions");
        await run.CountsComeOutRightAsync();
        gate.Set();
        run.Say(400);
        await run.CountsComeOutRightAsync();

        // The other alone may have counted it all: the stuck one finds out when it polls again.
        await Eventually.IsTrueAsync(() => run.Logs.Count(2003) >= 1, "the stuck worker knows that it lost its partitions");
    }

    [Test]
    public async Task A_topology_with_other_windows_refuses_the_state_and_names_the_way_out()
    {
        await using var run = await WordCountRun.OnAsync(await TestServers.KafkaAsync(), partitions: 1);
        var first = await run.StartAsync(topology: run.Topology(TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.Zero)));
        run.Say(10);
        await Eventually.IsTrueAsync(() => first.Status().Windows.Sum(w => w.RowsEmitted) > 0, "rows are emitted");
        await first.StopAsync(TimeSpan.FromSeconds(60));

        Assert.That(
            async () => await run.StartAsync(topology: run.Topology(TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(4), TimeSpan.Zero))),
            Throws.TypeOf<StreamsException>().With.Message.Contains("reset").And.Message.Contains(run.Application));
        var again = await run.StartAsync(topology: run.Topology(TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.Zero)));
        Assert.That(again.State, Is.EqualTo(StreamsState.Running), "nothing was spoilt");
    }

    [Test]
    public async Task Two_source_topics_flow_into_the_same_windows()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        await using var run = await WordCountRun.OnAsync(kafka, partitions: 2);
        var more = $"{run.Application}-a-few-more"; // sorts before the lines: its partitions have the first indexes
        await kafka.CreateTopicAsync(more, 3);
        var builder = new StreamsBuilder();
        builder.Stream(run.Lines, Consumed.With(Serdes.Ignored, Serdes.Text))
            .Merge(builder.Stream(more, Consumed.With(Serdes.Ignored, Serdes.Text)))
            .FlatMapValues((_, line) => line.Split(' '))
            .GroupBy((_, word) => word, Serdes.Text)
            .WindowedBy(TimeWindows.Unlimited)
            .Count()
            .Map((word, count) => (word.Group, count.Aggregate.Value.ToString(CultureInfo.InvariantCulture)))
            .To(run.Counts, Serdes.Text, Serdes.Text);
        var topology = builder.Build();

        for (var round = 0; round < 2; round++)
        {
            var worker = await run.StartAsync(topology: topology);
            run.Say(300);
            for (var i = 0; i < 300; i++)
            {
                run.Say(i % 3, "here and there", topic: more);
            }

            run.FlushLines();
            await run.CountsComeOutRightAsync();
            await Eventually.IsTrueAsync(
                () => worker.Status().Inputs.Select(i => (i.Topic, i.NextOffset / (round + 1))).SequenceEqual(
                    [(more, 100), (more, 100), (more, 100), (run.Lines, 150), (run.Lines, 150)]),
                "every input partition was read");
            await worker.StopAsync(TimeSpan.FromSeconds(60));
        }
    }

    [Test]
    public async Task A_topology_without_windows_passes_records_on_exactly_once()
    {
        await using var run = await WordCountRun.OnAsync(await TestServers.KafkaAsync(), partitions: 2);
        var builder = new StreamsBuilder();
        builder.Stream(run.Lines, Consumed.With(Serdes.Ignored, Serdes.Text)).Map((_, line) => (line, line)).To(run.Counts, Serdes.Text, Serdes.Text);
        var topology = builder.Build();
        for (var round = 0; round < 3; round++)
        {
            var worker = await run.StartAsync(topology: topology);
            for (var i = 0; i < 200; i++)
            {
                run.Say(i % 2, string.Create(CultureInfo.InvariantCulture, $"{round}-{i}"));
            }

            run.FlushLines();
            await worker.StopAsync(round == 1 ? TimeSpan.Zero : TimeSpan.FromSeconds(60));
        }

        await run.StartAsync(topology: topology);
        await Eventually.IsTrueAsync(() => Task.Run(() => run.ReadAll(run.Counts).Count >= 600), "all are passed on");
        Assert.That(run.ReadAll(run.Counts), Is.EquivalentTo(run.Expected.Keys.Select(k => $"{k}={k}")));
    }

    [Test]
    public async Task A_reset_computes_everything_again_in_the_next_epoch()
    {
        await using var run = await WordCountRun.OnAsync(await TestServers.KafkaAsync(), partitions: 2);
        var first = await run.StartAsync(topology: run.Topology(TimeWindows.OfSizeAndGrace(TimeSpan.FromDays(365), TimeSpan.Zero)));
        run.Say(300);
        await Eventually.IsTrueAsync(() => first.Status().Windows.Sum(w => w.RowsEmitted) > 0, "rows are emitted");
        Assert.That(async () => await StreamsReset.RunAsync(run.Topology(), run.Config(), apply: true, CancellationToken.None),
            Throws.TypeOf<StreamsException>().With.Message.Contains("stop every worker"));
        await first.StopAsync(TimeSpan.FromSeconds(60));

        var planned = await StreamsReset.RunAsync(run.Topology(), run.Config(), apply: false, CancellationToken.None);
        var done = await StreamsReset.RunAsync(run.Topology(), run.Config(), apply: true, CancellationToken.None);
        run.Say(100);
        await run.StartAsync();
        await run.CountsComeOutRightAsync();

        Assert.Multiple(() =>
        {
            Assert.That(done, Is.EqualTo(planned));
            Assert.That(done, Does.Contain("epoch 0 -> 1").And.Contain($"delete topic {run.Application}-partials"));
            Assert.That(run.Logs.Text, Does.Contain("epoch 1, fingerprint"));
        });
    }

    [Test]
    public async Task A_missing_topic_stops_the_start_and_is_named()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        await using var run = WordCountRun.OnClient(new Dictionary<string, string> { ["bootstrap.servers"] = kafka.BootstrapServers }, 1);

        Assert.That(async () => await run.StartAsync(), Throws.TypeOf<StreamsException>().With.Message.Contains(run.Lines).And.Message.Contains(run.Counts));
    }
}
