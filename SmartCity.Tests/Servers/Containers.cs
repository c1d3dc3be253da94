using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;

using Testcontainers.Kafka;
using Testcontainers.PostgreSql;

namespace SmartCity.Tests.Servers;

/// <summary>Starts containers where a Docker engine answers. Ports are fixed when a container is made, so that it comes back at the same address.</summary>
internal static class Containers
{
    public const string Kafka = "apache/kafka:4.3.1";
    public const string Postgres = "postgres:18.4";
    public const string S3 = "versity/versitygw:v1.7.0";

    /// <summary>Makes and starts a container, and wraps it; says so where no Docker engine answers.</summary>
    public static async Task<Found<TServer>> TryStartAsync<TContainer, TServer>(Func<TContainer> make, Func<TContainer, TServer> wrap)
        where TContainer : IContainer
        where TServer : TestServer
    {
        try
        {
            TContainer container = make();
            await container.StartAsync();
            return Found<TServer>.Here(wrap(container));
        }
        catch (DockerUnavailableException)
        {
            return Found<TServer>.Not("no Docker engine answers");
        }
    }
}

/// <summary>Kafka in a container.</summary>
internal sealed class KafkaContainer(Testcontainers.Kafka.KafkaContainer container) : KafkaServer
{
    public override string Origin => $"{BootstrapServers}, a container of {Containers.Kafka}";

    public override string BootstrapServers => container.GetBootstrapAddress().Replace("PLAINTEXT://", "", StringComparison.OrdinalIgnoreCase).TrimEnd('/');

    public static Task<Found<KafkaServer>> TryStartAsync()
        => Containers.TryStartAsync<Testcontainers.Kafka.KafkaContainer, KafkaServer>(
            () => new KafkaBuilder(Containers.Kafka)
                .WithPortBinding(Scratch.FreePorts(1)[0], KafkaBuilder.KafkaPort)
                .WithEnvironment("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
                .WithEnvironment("KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS", "1000")
                .WithEnvironment("KAFKA_TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS", "1000")
                .Build(),
            container => new KafkaContainer(container));

    public override Task KillAsync() => container.StopAsync();

    public override Task StartAgainAsync() => container.StartAsync();

    protected override ValueTask CloseAsync() => container.DisposeAsync();
}

/// <summary>PostgreSQL in a container.</summary>
internal sealed class PostgresContainer(PostgreSqlContainer container) : PostgresServer
{
    public override string Origin => $"a container of {Containers.Postgres}";

    public override string ConnectionString => container.GetConnectionString();

    public static Task<Found<PostgresServer>> TryStartAsync()
        => Containers.TryStartAsync<PostgreSqlContainer, PostgresServer>(
            () => new PostgreSqlBuilder(Containers.Postgres).WithPortBinding(Scratch.FreePorts(1)[0], PostgreSqlBuilder.PostgreSqlPort).Build(),
            container => new PostgresContainer(container));

    public override Task KillAsync() => container.StopAsync();

    public override Task StartAgainAsync() => container.StartAsync();

    protected override ValueTask CloseAsync() => container.DisposeAsync();
}

/// <summary>Versity's S3 gateway in a container.</summary>
internal sealed class S3Container(IContainer container) : S3Server
{
    private const int Port = 7070;
    private const string Access = "test-access";
    private const string Secret = "test-secret-of-this-container";
    private const string DefaultRegion = "us-east-1";

    public override string Origin => $"{Endpoint}, a container of {Containers.S3}";

    public override Uri Endpoint => new($"http://{container.Hostname}:{container.GetMappedPublicPort(Port)}");

    public override string AccessKey => Access;

    public override string SecretKey => Secret;

    public override string Region => DefaultRegion;

    public static Task<Found<S3Server>> TryStartAsync()
        => Containers.TryStartAsync<IContainer, S3Server>(
            () => new ContainerBuilder(Containers.S3)
                .WithPortBinding(Scratch.FreePorts(1)[0], Port)
                .WithEnvironment("ROOT_ACCESS_KEY_ID", Access)
                .WithEnvironment("ROOT_SECRET_ACCESS_KEY", Secret)
                .WithEnvironment("VGW_REGION", DefaultRegion)
                .WithEnvironment("VGW_PORT", $":{Port}")
                .WithEnvironment("VGW_HEALTH", "/health")
                .WithEnvironment("VGW_BACKEND", "posix")
                .WithEnvironment("VGW_BACKEND_ARG", "/srv")
                .WithWaitStrategy(Wait.ForUnixContainer().UntilHttpRequestIsSucceeded(request => request.ForPort(Port).ForPath("/health")))
                .Build(),
            container => new S3Container(container));

    public override Task KillAsync() => container.StopAsync();

    public override Task StartAgainAsync() => container.StartAsync();

    protected override ValueTask CloseAsync() => container.DisposeAsync();
}
