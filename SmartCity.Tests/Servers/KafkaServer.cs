using System.Collections.Concurrent;

using Confluent.Kafka;
using Confluent.Kafka.Admin;

using SmartCity.Tests.Support;

namespace SmartCity.Tests.Servers;

/// <summary>A listener of every broker for clients that come through proxies.</summary>
/// <param name="Ways">One a broker.</param>
internal sealed record KafkaDoor(IReadOnlyList<KafkaDoor.Way> Ways)
{
    /// <summary>A proxy at <paramref name="Address"/>, as the broker advertises it there, leads to <paramref name="Upstream"/>.</summary>
    internal readonly record struct Way(string Address, string Upstream);

    public Task<Proxy> OpenAsync(ToxiproxyServer toxiproxy, Action? whenClosed = null) => toxiproxy.CreateProxyAsync([.. Ways.Select(way => (way.Upstream, way.Address))], whenClosed);
}

/// <summary>A Kafka cluster of real brokers. Topics are not created by use: call <see cref="CreateTopicAsync"/>.</summary>
internal abstract class KafkaServer : TestServer
{
    private readonly ConcurrentDictionary<KafkaDoor, bool> _taken = new();

    public abstract string BootstrapServers { get; }

    /// <summary>
    /// For clients that are to be cut off with Toxiproxy: a proxy at a door's address that leads to its upstream makes the broker reachable at that address as
    /// bootstrap server, and there it advertises that address alone. None where the broker's listeners are not ours.
    /// </summary>
    public virtual IReadOnlyList<KafkaDoor> Doors => [];

    /// <summary>The cluster at SMARTCITY_TEST_KAFKA (host:port,…).</summary>
    public static Task<Found<KafkaServer>> FromEnvironment()
        => Task.FromResult(Environment.GetEnvironmentVariable("SMARTCITY_TEST_KAFKA") is { Length: > 0 } address
            ? Found<KafkaServer>.Here(new Given(address))
            : Found<KafkaServer>.Not("SMARTCITY_TEST_KAFKA is not set"));

    /// <summary>Creates a topic and waits until clients see it.</summary>
    public async Task CreateTopicAsync(string name, int partitions, IReadOnlyDictionary<string, string>? config = null)
    {
        using IAdminClient admin = Admin();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = name, NumPartitions = partitions, ReplicationFactor = -1, Configs = config?.ToDictionary() }]);
        await Eventually.IsTrueAsync(
            () => admin.GetMetadata(name, TimeSpan.FromSeconds(5)).Topics[0] is { Error.IsError: false } topic && topic.Partitions.Count == partitions,
            $"topic {name} has {partitions} partitions");
    }

    /// <summary>
    /// Opens a proxy at a door that nobody has, for a test on the broker that all share. The test is skipped (or under <c>CI=true</c> fails) where there is none.
    /// </summary>
    public Task<Proxy> OpenProxyAsync(ToxiproxyServer toxiproxy)
    {
        foreach (KafkaDoor door in Doors)
        {
            if (_taken.TryAdd(door, true))
            {
                return door.OpenAsync(toxiproxy, whenClosed: () => _taken.TryRemove(door, out _));
            }
        }

        throw TestServers.Missing($"Nothing can stand between clients and {Origin}: it has no listener left that advertises another address than its own.");
    }

    public IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers }).SetLogHandler((_, _) => { }).Build();

    /// <summary>True when a broker answers within a second.</summary>
    protected static bool Answers(string bootstrapServers)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).SetLogHandler((_, _) => { }).Build();
        try
        {
            return admin.GetMetadata(TimeSpan.FromSeconds(1)).Brokers.Count > 0;
        }
        catch (KafkaException)
        {
            return false;
        }
    }

    private sealed class Given(string address) : KafkaServer
    {
        public override string Origin => $"{address}, from SMARTCITY_TEST_KAFKA";

        public override string BootstrapServers => address;
    }
}
