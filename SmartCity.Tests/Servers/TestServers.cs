namespace SmartCity.Tests.Servers;

/// <summary>
/// The real servers of a test run, one of each kind, started by the first test that needs it and ended with the run. Each is taken from the first of: an
/// address in the environment, Docker, a local installation. Fixtures run beside each other, so a test that kills a server takes one of its own. The only place that decides whether a test is skipped for want of one; under <c>CI=true</c> it
/// fails instead.
/// </summary>
internal static class TestServers
{
    private static readonly SharedServer<KafkaServer> Kafka =
        new(new("Kafka", KafkaServer.FromEnvironment, KafkaContainer.TryStartAsync, LocalKafka.TryStartAsync));

    private static readonly SharedServer<PostgresServer> Postgres =
        new(new("PostgreSQL", PostgresServer.FromEnvironment, PostgresContainer.TryStartAsync, LocalPostgres.TryStartAsync));

    private static readonly SharedServer<S3Server> S3 =
        new(new("S3", S3Server.FromEnvironment, S3Container.TryStartAsync, LocalS3.TryStartAsync));

    private static readonly SharedServer<ToxiproxyServer> Toxiproxy =
        new(new("Toxiproxy", ToxiproxyServer.FromEnvironment, LocalToxiproxy.TryStartAsync));

    private static readonly ServerSearch<KafkaServer> KafkaToBreak = new("Kafka of a test's own", KafkaContainer.TryStartAsync, LocalKafka.TryStartAsync);

    private static readonly ServerSearch<KafkaServer> KafkaClusterToBreak = new("Kafka cluster of a test's own", LocalKafka.TryStartClusterAsync);

    private static readonly ServerSearch<PostgresServer> PostgresToBreak =
        new("PostgreSQL of a test's own", PostgresContainer.TryStartAsync, LocalPostgres.TryStartAsync);

    private static readonly ServerSearch<S3Server> S3ToBreak = new("S3 of a test's own", S3Container.TryStartAsync, LocalS3.TryStartAsync);

    /// <summary>A Kafka broker with transactions. Topics are each test's own.</summary>
    public static Task<KafkaServer> KafkaAsync() => Kafka.GetAsync();

    /// <summary>A PostgreSQL server; take a database of your own with <see cref="PostgresServer.CreateDatabaseAsync"/>.</summary>
    public static Task<PostgresServer> PostgresAsync() => Postgres.GetAsync();

    /// <summary>An S3-compatible store; take a bucket of your own with <see cref="S3Server.CreateBucketAsync"/>.</summary>
    public static Task<S3Server> S3Async() => S3.GetAsync();

    /// <summary>A Toxiproxy, which stands between two parts and cuts, slows or spoils their connection.</summary>
    public static Task<ToxiproxyServer> ToxiproxyAsync() => Toxiproxy.GetAsync();

    /// <summary>A Kafka broker that the calling test alone uses, so it may kill it; the test disposes it.</summary>
    public static async Task<KafkaServer> OwnKafkaAsync() => (await KafkaToBreak.RunAsync()).ServerOrMissing();

    /// <summary>Three Kafka brokers that the calling test alone uses, so it may kill them one at a time; the test disposes it.</summary>
    public static async Task<KafkaServer> OwnKafkaClusterAsync() => (await KafkaClusterToBreak.RunAsync()).ServerOrMissing();

    /// <summary>A PostgreSQL server that the calling test alone uses, so it may kill it; the test disposes it.</summary>
    public static async Task<PostgresServer> OwnPostgresAsync() => (await PostgresToBreak.RunAsync()).ServerOrMissing();

    /// <summary>An S3-compatible store that the calling test alone uses, so it may kill it; the test disposes it.</summary>
    public static async Task<S3Server> OwnS3Async() => (await S3ToBreak.RunAsync()).ServerOrMissing();

    /// <summary>Ends every server that this run started.</summary>
    public static Task StopAllAsync() => Task.WhenAll(Toxiproxy.StopAsync(), Kafka.StopAsync(), Postgres.StopAsync(), S3.StopAsync());

    /// <summary>What a test throws that lacks a server: a failure under CI=true, else a skip with the reason.</summary>
    internal static Exception Missing(string reason)
        => Environment.GetEnvironmentVariable("CI") == "true" ? new AssertionException(reason) : new IgnoreException(reason);
}
