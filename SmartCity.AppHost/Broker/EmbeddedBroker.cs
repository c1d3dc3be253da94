using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;

namespace SmartCity.AppHost.Broker;

/// <summary>
/// A Kafka broker within this process: librdkafka's mock cluster, which speaks the real protocol on a loopback port to any client, here or in other
/// processes, and keeps everything in memory.
/// </summary>
/// <remarks>
/// It has no transactions that mean anything, no topic creation through the admin protocol (use <see cref="CreateTopic"/>), no offsets by time, and it
/// forgets: of each partition the newest 5 MiB of batches stay (as they were sent, so compression stretches that), and nothing outlives the process.
/// Never list consumer groups on it: that ends the process. So it serves at-least-once processing, for trying out and for fast tests.
/// </remarks>
internal sealed class EmbeddedBroker : IDisposable
{
    private const int ErrorSize = 512;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, int> _topics = new(StringComparer.Ordinal);
    private nint _client;
    private nint _cluster;

    private EmbeddedBroker(nint client, nint cluster)
    {
        (_client, _cluster) = (client, cluster);
        BootstrapServers = Text(LibRdKafka.MockBootstraps(cluster));
    }

    /// <summary>Where clients find it, e.g. <c>127.0.0.1:41877</c>.</summary>
    public string BootstrapServers { get; }

    /// <summary>The topics made with <see cref="CreateTopic"/>, with their partition counts.</summary>
    public IReadOnlyDictionary<string, int> Topics => _topics;

    /// <summary>
    /// What every client of this broker needs in its configuration. Consumers should also take a session timeout of 3 s and a heartbeat interval of
    /// 300 ms: a rebalance here can last a session timeout.
    /// </summary>
    public IReadOnlyDictionary<string, string> ClientConfiguration => new Dictionary<string, string>
    {
        ["bootstrap.servers"] = BootstrapServers,
        ["broker.address.family"] = "v4",
    };

    /// <summary>Starts a broker on a free loopback port; takes about 20 ms. Throws <see cref="EmbeddedBrokerException"/> when it cannot.</summary>
    public static EmbeddedBroker Start()
    {
        var client = NewClient();
        var cluster = LibRdKafka.NewMockCluster(client, brokers: 1);
        if (cluster == 0)
        {
            LibRdKafka.DestroyClient(client);
            throw new EmbeddedBrokerException("The embedded broker could not listen on a loopback port.");
        }

        // Without a controller DescribeCluster waits until it times out; without the delay a group is ready at once.
        LibRdKafka.SetMockController(cluster, 1);
        LibRdKafka.SetMockInitialRebalanceDelay(cluster, 0);
        return new EmbeddedBroker(client, cluster);
    }

    /// <summary>Makes a topic, or leaves the one there is if it has as many partitions. Throws <see cref="EmbeddedBrokerException"/> when it cannot.</summary>
    public void CreateTopic(string name, int partitions)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_cluster == 0, this);
            if (_topics.TryGetValue(name, out var existing))
            {
                if (existing != partitions)
                {
                    throw new EmbeddedBrokerException($"Topic {name} has {existing} partitions, not {partitions}.");
                }

                return;
            }

            var error = LibRdKafka.CreateMockTopic(_cluster, name, partitions, replicationFactor: 1);
            if (error != 0)
            {
                throw new EmbeddedBrokerException($"Topic {name} could not be made: {Text(LibRdKafka.ErrorText(error))}.");
            }

            _topics[name] = partitions;
        }
    }

    /// <summary>Stops the broker; what it held is gone. Close its clients first: they would go on trying to reach it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_cluster == 0)
            {
                return;
            }

            LibRdKafka.DestroyMockCluster(_cluster);
            LibRdKafka.DestroyClient(_client);
            (_client, _cluster) = (0, 0);
        }
    }

    /// <summary>The mock lives beside a client, which itself connects to nothing.</summary>
    private static unsafe nint NewClient()
    {
        var error = stackalloc byte[ErrorSize];
        var configuration = LibRdKafka.NewConfiguration();
        LibRdKafka.SetLogCallback(configuration, 0);
        if (LibRdKafka.SetConfiguration(configuration, "client.id", "embedded-broker", error, ErrorSize) != LibRdKafka.ConfigurationOk)
        {
            LibRdKafka.DestroyConfiguration(configuration);
            throw new EmbeddedBrokerException($"The embedded broker cannot be configured: {Text((nint)error)}.");
        }

        // From here on the client owns the configuration, unless it could not be made.
        var client = LibRdKafka.NewClient(LibRdKafka.Producer, configuration, error, ErrorSize);
        if (client == 0)
        {
            LibRdKafka.DestroyConfiguration(configuration);
            throw new EmbeddedBrokerException($"The embedded broker cannot start: {Text((nint)error)}.");
        }

        return client;
    }

    private static unsafe string Text(nint utf8) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)utf8));
}

/// <summary>The embedded broker could not do what it was asked to.</summary>
internal sealed class EmbeddedBrokerException(string message) : Exception(message);
