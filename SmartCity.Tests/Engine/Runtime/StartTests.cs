using System.Net;
using System.Net.Sockets;

using SmartCity.Streams.Engine;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine.Runtime;

/// <summary>A start waits for brokers that do not answer, and can be called off while it does.</summary>
[TestFixture]
internal sealed class StartTests
{
    private const int WaitsForKafka = 1108;

    [Test]
    public async Task A_worker_that_starts_while_its_broker_is_away_waits_and_runs_when_it_is_back()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        ToxiproxyServer toxiproxy = await TestServers.ToxiproxyAsync();
        await using var run = await WordCountRun.OnAsync(kafka, partitions: 2);
        await using Proxy proxy = await kafka.OpenProxyAsync(toxiproxy);
        await proxy.DisableAsync();
        var config = run.Config() with
        {
            Client = new Dictionary<string, string> { ["bootstrap.servers"] = proxy.Address, ["reconnect.backoff.max.ms"] = "500" },
        };
        run.Say(100);

        Task<KafkaStreams> starting = run.StartAsync(config);
        await Eventually.IsTrueAsync(() => run.Logs.Count(WaitsForKafka) > 0 || starting.IsCompleted, "it says that it waits");
        Assert.That(starting.IsCompleted, Is.False, run.Logs.Text);
        await proxy.EnableAsync();

        Assert.That((await starting).State, Is.EqualTo(StreamsState.Running));
        await run.CountsComeOutRightAsync();
    }

    /// <summary>With another number of answered bytes the way ends at another question of the start.</summary>
    [TestCase(1_000)]
    [TestCase(2_000)]
    public async Task A_broker_that_stops_answering_in_the_middle_of_a_start_is_waited_for(int bytes)
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        ToxiproxyServer toxiproxy = await TestServers.ToxiproxyAsync();
        await using var run = await WordCountRun.OnAsync(kafka, partitions: 2);
        await using Proxy proxy = await kafka.OpenProxyAsync(toxiproxy);
        await proxy.AddToxicAsync("limit_data", "downstream", ("bytes", bytes));
        var config = run.Config() with
        {
            Client = new Dictionary<string, string> { ["bootstrap.servers"] = proxy.Address, ["reconnect.backoff.max.ms"] = "500" },
        };
        run.Say(100);

        Task<KafkaStreams> starting = run.StartAsync(config);
        await Eventually.IsTrueAsync(() => run.Logs.Count(WaitsForKafka) > 0 || starting.IsCompleted, "it says that it waits");
        Assert.That(starting.IsCompleted, Is.False, run.Logs.Text);
        await proxy.RemoveToxicAsync("limit_data");

        Assert.That((await starting).State, Is.EqualTo(StreamsState.Running));
        await run.CountsComeOutRightAsync();
    }

    /// <summary>Whoever listens here takes every question and answers none: the client waits for its own time-outs, the start must not.</summary>
    [Test]
    public async Task A_start_that_nobody_answers_is_called_off_in_good_order()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var run = WordCountRun.OnClient(new Dictionary<string, string> { ["bootstrap.servers"] = $"{silent.LocalEndpoint}" }, partitions: 1);
        await using var worker = new KafkaStreams(run.Topology(), run.Config(), run.Logs);
        using var stop = new CancellationTokenSource();

        Task starting = worker.StartAsync(stop.Token);
        using (Socket asked = await silent.AcceptSocketAsync())
        {
            Assert.That((starting.IsCompleted, worker.State), Is.EqualTo((false, StreamsState.Rebalancing)));
            await stop.CancelAsync();
            Assert.That(() => starting, Throws.InstanceOf<OperationCanceledException>(), "not what the client says when its patience ends");
        }

        Assert.That((worker.State, worker.Fault, worker.Completion.IsCompletedSuccessfully), Is.EqualTo((StreamsState.NotRunning, (Exception?)null, true)));
    }
}
