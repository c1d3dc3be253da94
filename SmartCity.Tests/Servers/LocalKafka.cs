using Confluent.Kafka;

using SmartCity.Tests.Security;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Servers;

/// <summary>One broker or three of the Apache distribution at KAFKA_HOME, controllers as well, on free loopback ports with their data in a temporary folder.</summary>
internal sealed class LocalKafka : KafkaServer
{
    /// <summary>The users that the secured listener knows; what they may do is up to the ACLs.</summary>
    public static readonly (string Name, string Password) Worker = ("worker", "the-workers-secret");
    public static readonly (string Name, string Password) Api = ("api", "the-apis-secret");

    // As many as a test has workers, so that each can be cut off alone, and some for tests beside it.
    private const int DoorCount = 6;

    private readonly string _home;
    private readonly TestCertificates? _certificates;
    private readonly string _folder = Scratch.Folder("kafka");
    private readonly int[] _ports;
    private readonly int[] _controllerPorts;
    private readonly int _securedPort;
    private readonly List<LocalBroker> _brokers = [];
    private int _turn = -1;
    private bool _starting;

    private LocalKafka(string home, int brokers, TestCertificates? certificates)
    {
        (_home, _certificates) = (home, certificates);
        int[] ports = Scratch.FreePorts(1 + (brokers * (2 + (2 * DoorCount))));
        (_ports, _controllerPorts, _securedPort) = (ports[..brokers], ports[brokers..(2 * brokers)], ports[2 * brokers]);
        Doors = [.. ports[((2 * brokers) + 1)..].Chunk(2 * brokers).Select(pairs => new KafkaDoor([.. pairs.Chunk(2).Select(pair => new KafkaDoor.Way($"127.0.0.1:{pair[0]}", $"127.0.0.1:{pair[1]}"))]))];
        BootstrapServers = string.Join(',', _ports.Select(port => $"127.0.0.1:{port}"));
    }

    public override string Origin => $"{BootstrapServers}, started from KAFKA_HOME ({_home})";

    public override string BootstrapServers { get; }

    public override IReadOnlyList<KafkaDoor> Doors { get; }

    /// <summary>Where TLS and a password are asked for, when it was started with certificates.</summary>
    public string SecuredServers => $"localhost:{_securedPort}";

    /// <summary>Where the first broker's logs lie, each in a folder TOPIC-PARTITION.</summary>
    public string Data => _brokers[0].Data;

    /// <summary>What the brokers have logged, for a test that wants to know why.</summary>
    public string Log => string.Join('\n', _brokers.Select(broker => broker.Log));

    public static Task<Found<KafkaServer>> TryStartAsync() => TryStartAsync(1, null);

    /// <summary>Three brokers, three replicas of everything, two of which must have a record: what a cluster in production has.</summary>
    public static Task<Found<KafkaServer>> TryStartClusterAsync() => TryStartAsync(3, null);

    /// <summary>With certificates there is one listener more, with TLS and SASL, and an authorizer that allows everything on the others.</summary>
    public static Task<Found<KafkaServer>> TryStartAsync(TestCertificates certificates) => TryStartAsync(1, certificates);

    private static async Task<Found<KafkaServer>> TryStartAsync(int brokers, TestCertificates? certificates)
    {
        if (Environment.GetEnvironmentVariable("KAFKA_HOME") is not { Length: > 0 } home)
        {
            return Found<KafkaServer>.Not("KAFKA_HOME is not set");
        }

        if (OperatingSystem.IsWindows())
        {
            return Found<KafkaServer>.Not("a local Kafka is started on Linux and macOS only");
        }

        var kafka = new LocalKafka(Path.GetFullPath(home), brokers, certificates);
        string clusterId = NewClusterId();
        for (int number = 0; number < brokers; number++)
        {
            var broker = new LocalBroker(kafka._home, Path.Combine(kafka._folder, $"{number + 1}"), $"127.0.0.1:{kafka._ports[number]}");
            await broker.FormatAsync(clusterId, kafka.Properties(number, broker.Data));
            kafka._brokers.Add(broker);
        }

        await kafka.StartAgainAsync();
        return Found<KafkaServer>.Here(kafka);
    }

    /// <summary>Kills one broker: the one that is being started, or else of three the next in turn.</summary>
    public override Task KillAsync()
    {
        if (!_starting)
        {
            _turn = (_turn + 1) % _brokers.Count;
        }

        return _brokers[_turn].KillAsync();
    }

    /// <summary>Starts the brokers that are down, and returns when every replica is in sync: one more kill then takes no leader from any partition for good.</summary>
    public override async Task StartAgainAsync()
    {
        _starting = true;
        await Task.WhenAll(_brokers.Where(broker => broker.IsDown).Select(broker => broker.StartAsync(Answers)));
        if (_brokers.Count > 1)
        {
            await Eventually.IsTrueAsync(IsInSync, "every replica is in sync", TimeSpan.FromMinutes(4));
        }

        _starting = false;
    }

    protected override async ValueTask CloseAsync()
    {
        foreach (LocalBroker broker in _brokers)
        {
            await broker.DisposeAsync();
        }

        Scratch.Remove(_folder);
    }

    private bool IsInSync()
    {
        try
        {
            using IAdminClient admin = Admin();
            Metadata metadata = admin.GetMetadata(TimeSpan.FromSeconds(5));
            return metadata.Brokers.Count == _brokers.Count && metadata.Topics.SelectMany(topic => topic.Partitions).All(partition => partition.InSyncReplicas.Length == partition.Replicas.Length);
        }
        catch (KafkaException)
        {
            return false;
        }
    }

    // Small: few internal partitions. Quick: a killed broker may register again after 3 s (9 by default), and transactions of dead producers are aborted within a second of their
    // time-out. A single broker must be fenced before its coordinators are back: see docs/decisions/0190.
    private string Properties(int number, string data) => $"""
        process.roles=broker,controller
        node.id={number + 1}
        controller.quorum.voters={string.Join(',', _controllerPorts.Select((port, node) => $"{node + 1}@127.0.0.1:{port}"))}
        listeners=PLAINTEXT://127.0.0.1:{_ports[number]},{EachDoor((name, door) => $"{name}://{door.Ways[number].Upstream}")},CONTROLLER://127.0.0.1:{_controllerPorts[number]}{Secured($",SECURED://localhost:{_securedPort}")}
        advertised.listeners=PLAINTEXT://127.0.0.1:{_ports[number]},{EachDoor((name, door) => $"{name}://{door.Ways[number].Address}")}{Secured($",SECURED://localhost:{_securedPort}")}
        inter.broker.listener.name=PLAINTEXT
        controller.listener.names=CONTROLLER
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,{EachDoor((name, _) => $"{name}:PLAINTEXT")},CONTROLLER:PLAINTEXT{Secured(",SECURED:SASL_SSL")}
        log.dirs={data}
        broker.session.timeout.ms=3000
        broker.heartbeat.interval.ms=500
        num.partitions=1
        default.replication.factor={_ports.Length}
        min.insync.replicas={_ports.Length / 2 + 1}
        auto.create.topics.enable=false
        offsets.topic.num.partitions=4
        offsets.topic.replication.factor={_ports.Length}
        transaction.state.log.num.partitions=4
        transaction.state.log.replication.factor={_ports.Length}
        transaction.state.log.min.isr={_ports.Length / 2 + 1}
        transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
        share.coordinator.state.topic.replication.factor={_ports.Length}
        share.coordinator.state.topic.min.isr=1
        group.initial.rebalance.delay.ms=0
        group.min.session.timeout.ms=1000
        log.cleaner.dedupe.buffer.size=16777216
        {Secured($"""
        sasl.enabled.mechanisms=PLAIN
        listener.name.secured.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_{Worker.Name}="{Worker.Password}" user_{Api.Name}="{Api.Password}";
        listener.name.secured.ssl.keystore.type=PEM
        listener.name.secured.ssl.keystore.location={_certificates?.KeyAndCertificate}
        authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
        super.users=User:ANONYMOUS
        """)}
        """;

    private string Secured(string setting) => _certificates is null ? "" : setting;

    private string EachDoor(Func<string, KafkaDoor, string> setting) => string.Join(',', Doors.Select((door, number) => setting($"DOOR{number}", door)));

    // 16 random bytes in URL-safe base64, as Kafka writes its ids; one that starts with '-' would be read as an option.
    private static string NewClusterId()
        => "t" + Convert.ToBase64String(Guid.NewGuid().ToByteArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_')[1..];
}
