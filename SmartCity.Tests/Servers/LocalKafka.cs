using SmartCity.Tests.Security;

namespace SmartCity.Tests.Servers;

/// <summary>One broker, controller as well, of the Apache distribution at KAFKA_HOME, on free loopback ports with its data in a temporary folder.</summary>
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
    private readonly int _port;
    private readonly int _controllerPort;
    private readonly int _securedPort;
    private ChildProcess? _broker;

    private LocalKafka(string home, TestCertificates? certificates)
    {
        (_home, _certificates) = (home, certificates);
        int[] ports = Scratch.FreePorts(3 + (2 * DoorCount));
        (_port, _controllerPort, _securedPort) = (ports[0], ports[1], ports[2]);
        Doors = [.. ports[3..].Chunk(2).Select(pair => new KafkaDoor($"127.0.0.1:{pair[0]}", $"127.0.0.1:{pair[1]}"))];
    }

    public override string Origin => $"{BootstrapServers}, started from KAFKA_HOME ({_home})";

    public override string BootstrapServers => $"127.0.0.1:{_port}";

    public override IReadOnlyList<KafkaDoor> Doors { get; }

    /// <summary>Where TLS and a password are asked for, when it was started with certificates.</summary>
    public string SecuredServers => $"localhost:{_securedPort}";

    /// <summary>Where the partitions' logs lie, each in a folder TOPIC-PARTITION.</summary>
    public string Data => Path.Combine(_folder, "data");

    /// <summary>What the broker has logged, for a test that wants to know why.</summary>
    public string Log => _broker?.Output ?? "";

    public static Task<Found<KafkaServer>> TryStartAsync() => TryStartAsync(null);

    /// <summary>With certificates there is one listener more, with TLS and SASL, and an authorizer that allows everything on the others.</summary>
    public static async Task<Found<KafkaServer>> TryStartAsync(TestCertificates? certificates)
    {
        if (Environment.GetEnvironmentVariable("KAFKA_HOME") is not { Length: > 0 } home)
        {
            return Found<KafkaServer>.Not("KAFKA_HOME is not set");
        }

        if (OperatingSystem.IsWindows())
        {
            return Found<KafkaServer>.Not("a local Kafka is started on Linux and macOS only");
        }

        var kafka = new LocalKafka(Path.GetFullPath(home), certificates);
        await kafka.FormatAsync();
        await kafka.StartAgainAsync();
        return Found<KafkaServer>.Here(kafka);
    }

    public override Task KillAsync() => _broker?.EndAsync() ?? Task.CompletedTask;

    public override async Task StartAgainAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        _broker = ChildProcess.Start([Script("kafka-server-start.sh"), Properties], Settings(), _folder);
        await _broker.BecomesAsync(() => Task.FromResult(Answers(BootstrapServers)), $"Kafka answers at {BootstrapServers}", TimeSpan.FromMinutes(4));
    }

    protected override async ValueTask CloseAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        Scratch.Remove(_folder);
    }

    private string Properties => Path.Combine(_folder, "server.properties");

    private string Script(string name) => Path.Combine(_home, "bin", name);

    // LOG_DIR: Apache's own scripts write their logs beside themselves otherwise, and the installation may be read-only.
    private Dictionary<string, string> Settings()
        => new() { ["KAFKA_HEAP_OPTS"] = "-Xms128m -Xmx512m", ["LOG_DIR"] = Path.Combine(_folder, "logs") };

    private async Task FormatAsync()
    {
        // Small: few internal partitions. Quick: transactions of dead producers are aborted within a second of their time-out. A killed broker registers again after
        // the default session of 9 s: with a shorter one a busy machine has it fenced while it is alive, and then KAFKA-20734 drops markers (docs/decisions/0190).
        await File.WriteAllTextAsync(Properties, $"""
            process.roles=broker,controller
            node.id=1
            controller.quorum.voters=1@127.0.0.1:{_controllerPort}
            listeners=PLAINTEXT://127.0.0.1:{_port},{EachDoor((name, door) => $"{name}://{door.Upstream}")},CONTROLLER://127.0.0.1:{_controllerPort}{Secured($",SECURED://localhost:{_securedPort}")}
            advertised.listeners=PLAINTEXT://127.0.0.1:{_port},{EachDoor((name, door) => $"{name}://{door.Address}")}{Secured($",SECURED://localhost:{_securedPort}")}
            inter.broker.listener.name=PLAINTEXT
            controller.listener.names=CONTROLLER
            listener.security.protocol.map=PLAINTEXT:PLAINTEXT,{EachDoor((name, _) => $"{name}:PLAINTEXT")},CONTROLLER:PLAINTEXT{Secured(",SECURED:SASL_SSL")}
            log.dirs={Data}
            broker.heartbeat.interval.ms=500
            num.partitions=1
            auto.create.topics.enable=false
            offsets.topic.num.partitions=4
            offsets.topic.replication.factor=1
            transaction.state.log.num.partitions=4
            transaction.state.log.replication.factor=1
            transaction.state.log.min.isr=1
            transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
            share.coordinator.state.topic.replication.factor=1
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
            """);
        await ChildProcess.RunAsync([Script("kafka-storage.sh"), "format", "--cluster-id", NewClusterId(), "--config", Properties], Settings());
    }

    private string Secured(string setting) => _certificates is null ? "" : setting;

    private string EachDoor(Func<string, KafkaDoor, string> setting) => string.Join(',', Doors.Select((door, number) => setting($"DOOR{number}", door)));

    // 16 random bytes in URL-safe base64, as Kafka writes its ids; one that starts with '-' would be read as an option.
    private static string NewClusterId()
        => "t" + Convert.ToBase64String(Guid.NewGuid().ToByteArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_')[1..];
}
