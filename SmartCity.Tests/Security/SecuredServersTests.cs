using System.Net;

using Confluent.Kafka;
using Confluent.Kafka.Admin;

using Npgsql;

using SmartCity.Domain;
using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Kafka;
using SmartCity.Tests.Api;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;
using SmartCity.Tests.Worker;

namespace SmartCity.Tests.Security;

/// <summary>Worker and API on servers that ask for TLS and passwords, with no more rights than SECURITY.md lists.</summary>
[NonParallelizable]
internal sealed class SecuredServersTests
{
    private readonly Dictionary<string, string> _worker = [];
    private TestCertificates _certificates = null!;
    private LocalKafka _kafka = null!;
    private LocalPostgres _postgres = null!;
    private LocalS3 _s3 = null!;
    private string _bucket = null!;
    private string _connection = null!;

    [OneTimeSetUp]
    public async Task StartServers()
    {
        _certificates = new TestCertificates();
        _kafka = (LocalKafka)Server(await LocalKafka.TryStartAsync(_certificates), "Kafka");
        _postgres = (LocalPostgres)Server(await LocalPostgres.TryStartAsync(_certificates), "PostgreSQL");
        _s3 = (LocalS3)Server(await LocalS3.TryStartAsync(_certificates), "S3");

        using (IAdminClient admin = _kafka.Admin())
        {
            await admin.CreateAclsAsync(AccessLists.FromDocument());
        }

        foreach (TopicPlan topic in TopicPlan.For(KafkaSettings.For(_kafka.BootstrapServers), new StreamsOptions()))
        {
            await _kafka.CreateTopicAsync(topic.Name, topic.Partitions, topic.Config);
        }

        _connection = new NpgsqlConnectionStringBuilder(await _postgres.CreateDatabaseAsync())
        {
            Host = "localhost",
            SslMode = SslMode.VerifyFull,
            RootCertificate = _certificates.Authority,
        }.ConnectionString;
        await Migrator.MigrateAsync(new DatabaseSettings(DatabaseProvider.Postgres, _connection), CancellationToken.None);
        _bucket = "smart-city";

        foreach ((string key, string value) in Kafka(LocalKafka.Worker))
        {
            _worker[key] = value;
        }

        _worker["ConnectionStrings:SmartCity"] = _connection;
        _worker["Lake:Endpoint"] = _s3.Endpoint.ToString();
        _worker["Lake:Bucket"] = _bucket;
        _worker["Lake:AccessKey"] = _s3.AccessKey;
        _worker["Lake:SecretKey"] = _s3.SecretKey;
        _worker["Lake:FlushInterval"] = "1s";
        _worker["SSL_CERT_FILE"] = _certificates.Authority;
    }

    [OneTimeTearDown]
    public async Task StopServers()
    {
        foreach (TestServer? server in (TestServer?[])[_kafka, _postgres, _s3])
        {
            await (server?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        _certificates.Dispose();
    }

    [Test]
    public async Task A_reading_goes_from_the_API_to_the_database_and_the_lake_with_the_rights_that_are_listed_and_no_others()
    {
        await using var worker = WorkerProcess.Start(_worker);
        await worker.ReadyAsync();
        (string, string)[] settings = [.. Kafka(LocalKafka.Api).Select(one => (one.Key, one.Value))];
        await using ApiUnderTest api = await ApiUnderTest.StartAsync(new DatabaseSettings(DatabaseProvider.Postgres, _connection), settings);
        string time = TimeProvider.System.GetUtcNow().ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        using var reading = new StringContent($$$"""{"sensor_id":"AQ-1","sensor_type":"air_quality","city":"Warsaw","timestamp":"{{{time}}}","metrics":{"pm25":18.5}}""");
        await Eventually.IsTrueAsync(async () => (await api.JsonAsync("/health")).GetProperty("kafka").GetString() == "up", "the API reaches Kafka");
        using (HttpResponseMessage taken = await api.Client.PostAsync("/ingest", reading))
        {
            Assert.That(taken.StatusCode, Is.EqualTo(HttpStatusCode.Accepted).Or.EqualTo(HttpStatusCode.OK), await taken.Content.ReadAsStringAsync());
        }

        await Eventually.IsTrueAsync(
            async () => (await api.JsonAsync("/query/air-quality?city=Warsaw")).GetProperty("count").GetInt32() == 5, "the reading is in five windows");
        await Eventually.IsTrueAsync(
            async () => (await worker.GetAsync("/metrics")).Body.Contains("smartcity_lake_objects_total{otel_scope_name=\"SmartCity.Lake\",sink=\"lake-raw\"} 1", StringComparison.Ordinal),
            "it is in the lake");
        await worker.HealthBecomesAsync(health => health.GetProperty("status").GetString() == "healthy", "the worker is healthy");
        Assert.That(worker.Output, Does.Not.Contain("uthoriz"), "nothing was refused to it");
        Assert.That(await EncryptedAsync(), Is.True, "every connection to the database is encrypted");
        Assert.That(await worker.TerminateAsync(), Is.Zero);
        foreach (string secret in (string[])[LocalKafka.Worker.Password, _s3.SecretKey, new NpgsqlConnectionStringBuilder(_connection).Password!])
        {
            Assert.That(worker.Output, Does.Not.Contain(secret), "no secret is in the log");
        }
    }

    [TestCase("Kafka:SaslPassword", "wrong", "uthentication")]
    [TestCase("Kafka:SslCaLocation", null, "certificate")]
    public async Task What_is_wrong_with_the_connection_to_Kafka_is_said(string key, string? value, string said)
    {
        using var elsewhere = new TestCertificates();
        var settings = new Dictionary<string, string>(_worker) { [key] = value ?? elsewhere.Authority };
        await using var worker = WorkerProcess.Start(settings);
        await worker.WritesAsync($"Kafka at {_kafka.SecuredServers} cannot be reached (");
        await worker.WritesAsync(said);
    }

    [Test]
    public async Task A_database_whose_certificate_nobody_vouches_for_is_not_used()
    {
        using var elsewhere = new TestCertificates();
        var settings = new Dictionary<string, string>(_worker)
        {
            ["ConnectionStrings:SmartCity"] = new NpgsqlConnectionStringBuilder(_connection) { RootCertificate = elsewhere.Authority }.ConnectionString,
            ["SSL_CERT_FILE"] = elsewhere.Authority, // what the whole machine trusts would do as well
        };
        await using var worker = WorkerProcess.Start(settings);
        await worker.WritesAsync("cannot be reached (");
        Assert.That(worker.Output, Does.Contain("certificate"));
        Assert.That((await worker.HealthAsync()).GetProperty("database").GetString(), Is.Not.EqualTo("up"));
    }

    private static TestServer Server<T>(Found<T> found, string name)
        where T : TestServer
        => found.Server ?? throw TestServers.Missing($"No {name} of our own to secure: {found.Reason}.");

    private Dictionary<string, string> Kafka((string Name, string Password) user) => new()
    {
        ["Kafka:BootstrapServers"] = _kafka.SecuredServers,
        ["Kafka:SecurityProtocol"] = "SaslSsl",
        ["Kafka:SaslMechanism"] = "PLAIN",
        ["Kafka:SaslUsername"] = user.Name,
        ["Kafka:SaslPassword"] = user.Password,
        ["Kafka:SslCaLocation"] = _certificates.Authority,
    };

    private async Task<bool> EncryptedAsync()
    {
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = current_database() AND backend_type = 'client backend'", connection);
        return (bool)(await command.ExecuteScalarAsync())!;
    }
}
