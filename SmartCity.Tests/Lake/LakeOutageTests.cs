using System.Diagnostics;

using SmartCity.Domain.Lake;
using SmartCity.Streams.Sinks;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Lake;

/// <summary>The lake's S3 server behind a connection that fails.</summary>
internal sealed class LakeOutageTests
{
    private const int Partitions = 2;

    private Proxy _proxy = null!;
    private S3ObjectStore _direct = null!;
    private S3ObjectStore _proxied = null!;

    [SetUp]
    public async Task OpenLakeAsync()
    {
        var server = await TestServers.S3Async();
        var toxiproxy = await TestServers.ToxiproxyAsync();
        _proxy = await toxiproxy.CreateProxyAsync(server.Endpoint.Authority);
        var options = new LakeOptions
        {
            Endpoint = server.Endpoint.ToString(),
            AccessKey = server.AccessKey,
            SecretKey = server.SecretKey,
            Region = server.Region,
            Bucket = await server.CreateBucketAsync(),
        };
        _direct = new S3ObjectStore(options);
        _proxied = new S3ObjectStore(options with { Endpoint = $"http://{_proxy.Address}" });
    }

    [TearDown]
    public async Task CloseAsync()
    {
        _direct?.Dispose();
        _proxied?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }

    [Test]
    public async Task A_sink_outlasts_an_outage_without_a_rebalance_and_catches_up_by_itself()
    {
        var kafka = await TestServers.KafkaAsync();
        using var test = new LakeSinkFixture(kafka.BootstrapServers, Partitions);
        await kafka.CreateTopicAsync(test.Topic, Partitions);
        test.Publish(1_000);
        var options = new SinkOptions
        {
            ApplicationId = test.ApplicationId,
            SessionTimeout = TimeSpan.FromSeconds(6),
            LongestRetry = TimeSpan.FromSeconds(1),
            StopTimeout = TimeSpan.FromSeconds(20),
            Client = new Dictionary<string, string>(test.Client) { ["max.poll.interval.ms"] = "6000" },
        };
        var sink = await test.NewSink(_proxied, options: options, lake: test.Options with { FlushInterval = TimeSpan.FromSeconds(1) }).StartAsync();
        await Eventually.IsTrueAsync(() => sink.Safe == 1_000, "all is safe before the outage");

        await _proxy.DisableAsync();
        var start = Stopwatch.GetTimestamp();
        test.Publish(500);
        await Eventually.IsTrueAsync(
            () => sink.Status is { State: SinkState.Retrying, LastError: { } error } status && error.Contains("The lake in bucket", StringComparison.Ordinal)
                && status.Delay > TimeSpan.Zero && Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(9),
            "it says what is wrong and how late it is, and the outage is longer than the poll interval");
        Assert.That(sink.Status.Partitions, Has.Count.EqualTo(Partitions), "no partition was lost");

        await _proxy.EnableAsync();
        await Eventually.IsTrueAsync(() => sink.Safe == 1_500 && sink.Status.State == SinkState.Running, "it has caught up");
        await sink.StopAsync();
        await CopyAsync(_direct, test.Lake.Store);
        test.AssertLakeHoldsEveryReadingOnce();
    }

    [Test]
    public async Task A_lake_that_is_away_at_the_start_is_waited_for()
    {
        var kafka = await TestServers.KafkaAsync();
        using var test = new LakeSinkFixture(kafka.BootstrapServers, Partitions);
        await kafka.CreateTopicAsync(test.Topic, Partitions);
        await _proxy.DisableAsync();
        test.Publish(100);
        var sink = await test.NewSink(_proxied).StartAsync();
        await Eventually.IsTrueAsync(() => sink.Status is { State: SinkState.Retrying, Retries: > 1 }, "it tries again");
        await _proxy.EnableAsync();
        await Eventually.IsTrueAsync(() => sink.Read == 100, "all has been read");
        await sink.StopAsync();
        await CopyAsync(_direct, test.Lake.Store);
        test.AssertLakeHoldsEveryReadingOnce();
    }

    [Test]
    public async Task An_upload_whose_connection_ends_early_leaves_no_object_behind()
    {
        var content = new byte[1 << 20];
        new Random(3).NextBytes(content);
        await _proxy.AddToxicAsync("limit_data", "upstream", ("bytes", 300_000));
        Assert.That(() => _proxied.PutAsync("cut/short", content, "application/octet-stream", CancellationToken.None), Throws.InstanceOf<LakeUnavailableException>());
        Assert.That(await _direct.HeadAsync("cut/short", CancellationToken.None), Is.Null);

        await _proxy.RemoveToxicAsync("limit_data", "upstream");
        await _proxied.PutAsync("cut/short", content, "application/octet-stream", CancellationToken.None);
        Assert.That(await _direct.GetAsync("cut/short", CancellationToken.None), Is.EqualTo(content));
    }

    private static async Task CopyAsync(S3ObjectStore from, FolderObjectStore to)
    {
        await foreach (var found in from.ListAsync("", null, CancellationToken.None))
        {
            await to.PutAsync(found.Key, await from.GetAsync(found.Key, CancellationToken.None), "application/octet-stream", CancellationToken.None);
        }
    }
}
