using SmartCity.Streams.Engine;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine.Runtime;

/// <summary>A worker that loses its broker keeps trying, and then goes on as if nothing had been.</summary>
[TestFixture]
internal sealed class OutageTests
{
    [Test]
    public async Task A_broker_that_is_cut_off_in_the_middle_of_work_costs_nothing_but_time()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        ToxiproxyServer toxiproxy = await TestServers.ToxiproxyAsync();
        await using var run = await WordCountRun.OnAsync(kafka, partitions: 3);
        await using Proxy proxy = await kafka.OpenProxyAsync(toxiproxy);
        var config = run.Config() with
        {
            Client = new Dictionary<string, string> { ["bootstrap.servers"] = proxy.Address, ["reconnect.backoff.max.ms"] = "500" },
            TransactionTimeout = TimeSpan.FromSeconds(4),
        };
        TaskCompletionSource[] inHand = [new(), new()];
        TaskCompletionSource[] cut = [new(), new()];
        var worker = await run.StartAsync(config, run.Topology(before: word =>
        {
            if (word is "now0" or "now1")
            {
                inHand[word[3] - '0'].TrySetResult();
                cut[word[3] - '0'].Task.Wait();
            }
        }));
        run.Say(1000);
        await run.CountsComeOutRightAsync();

        // Some work is read and not committed yet when the way is cut; what cannot be sent in time is aborted.
        for (var round = 0; round < 2; round++)
        {
            var failed = run.Logs.Count(2011);
            run.Say(3000);
            run.Say(round, $"now{round}");
            run.FlushLines();
            await inHand[round].Task.WaitAsync(TimeSpan.FromMinutes(2));
            await proxy.DisableAsync();
            cut[round].SetResult();
            await Eventually.IsTrueAsync(() => run.Logs.Count(2011) > failed, "a transaction failed");
            Assert.That(worker.Status().ThreadsAlive, Is.True, "an outage stops no thread");
            run.Say(500);
            await proxy.EnableAsync();
            await run.CountsComeOutRightAsync();
        }

        await Eventually.IsTrueAsync(() => worker.State == StreamsState.Running, "it runs again");
        await worker.StopAsync(TimeSpan.FromSeconds(60));
        Assert.That(worker.State, Is.EqualTo(StreamsState.NotRunning));
    }

    [Test]
    public async Task A_worker_stops_in_time_although_its_broker_is_gone()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        ToxiproxyServer toxiproxy = await TestServers.ToxiproxyAsync();
        await using var run = await WordCountRun.OnAsync(kafka, partitions: 2);
        await using Proxy proxy = await kafka.OpenProxyAsync(toxiproxy);
        var config = run.Config() with { Client = new Dictionary<string, string> { ["bootstrap.servers"] = proxy.Address } };
        var worker = await run.StartAsync(config);
        run.Say(500);
        await proxy.DisableAsync();

        await worker.StopAsync(TimeSpan.FromSeconds(2));

        Assert.That(worker.Completion.IsCompleted, Is.True, "it has stopped when StopAsync returns");
        await run.StartAsync(run.Config("another"));
        await run.CountsComeOutRightAsync();
    }

    [Test]
    public async Task A_broker_that_answers_slowly_and_out_of_step_makes_a_worker_skip_nothing()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        ToxiproxyServer toxiproxy = await TestServers.ToxiproxyAsync();
        await using var run = await WordCountRun.OnAsync(kafka, partitions: 4);
        await using Proxy proxy = await kafka.OpenProxyAsync(toxiproxy);
        await proxy.AddToxicAsync("latency", "downstream", ("latency", 250), ("jitter", 250));
        var config = run.Config() with { Client = new Dictionary<string, string> { ["bootstrap.servers"] = proxy.Address } };

        // Each start finds lines that were said while no worker ran: between where it was committed and the end.
        for (var start = 0; start < 2; start++)
        {
            run.Say(400);
            var worker = await run.StartAsync(config);
            await run.CountsComeOutRightAsync();
            await worker.StopAsync(TimeSpan.FromSeconds(60));
        }
    }
}
