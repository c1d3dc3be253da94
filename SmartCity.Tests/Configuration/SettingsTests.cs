using Confluent.Kafka;

using Microsoft.Extensions.Configuration;

using SmartCity.Domain.Configuration;

namespace SmartCity.Tests.Configuration;

internal sealed class SettingsTests
{
    [Test]
    public void A_poll_interval_shorter_than_the_usual_session_stops_no_consumer_that_only_looks()
    {
        KafkaSettings settings = KafkaSettings.Read(Configuration(("Kafka:BootstrapServers", "localhost:1"), ("Kafka:Properties:max.poll.interval.ms", "15000")), new ConfigurationErrors());

        Assert.That(() => new ConsumerBuilder<Ignore, Ignore>(settings.Onlooker("group", "test")).SetLogHandler((_, _) => { }).Build().Dispose(), Throws.Nothing);
    }

    [Test]
    public void Kafka_settings_become_client_properties()
    {
        // Any certificate will do, as long as it is one.
        string file = Path.GetTempFileName();
        using var key = System.Security.Cryptography.RSA.Create(2048);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            "CN=test", key, System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        File.WriteAllText(file, certificate.ExportCertificatePem());
        var errors = new ConfigurationErrors();
        var kafka = KafkaSettings.Read(
            Configuration(
                ("Kafka:BootstrapServers", "one:9092,two:9092"), ("Kafka:SecurityProtocol", "SaslSsl"), ("Kafka:SaslMechanism", "scram-sha-512"),
                ("Kafka:SaslUsername", "worker"), ("Kafka:SaslPassword", "s3cret"), ("Kafka:SslCaLocation", file),
                ("Kafka:Properties:socket.keepalive.enable", "true")),
            errors);

        Assert.That(errors.Messages, Is.Empty);
        Assert.That(kafka.ClientProperties, Is.EquivalentTo(new Dictionary<string, string>
        {
            ["bootstrap.servers"] = "one:9092,two:9092",
            ["security.protocol"] = "sasl_ssl",
            ["sasl.mechanism"] = "SCRAM-SHA-512",
            ["sasl.username"] = "worker",
            ["sasl.password"] = "s3cret",
            ["ssl.ca.location"] = file,
            ["socket.keepalive.enable"] = "true",
        }));
        File.Delete(file);
    }

    [Test]
    public void Every_error_is_reported_at_once_with_key_value_rule_and_remedy()
    {
        var errors = new ConfigurationErrors();
        KafkaSettings.Read(Configuration(("Kafka:BootstrapServers", "localhost"), ("Kafka:SecurityProtocl", "ssl")), errors);
        DatabaseSettings.Read(Configuration(("Database:Provider", "Oracle")), errors);

        Assert.That(errors.Messages, Is.EqualTo(new[]
        {
            "Kafka:BootstrapServers is localhost but every broker in it must be host:port. Set Kafka__BootstrapServers=localhost:9092.",
            "Kafka:SecurityProtocl is set but is no setting of Kafka. Did you mean Kafka__SecurityProtocol?",
            "Database:Provider is Oracle but must be one of Postgres, PostgreSQL, Sqlite. Set Database__Provider=Postgres.",
            "ConnectionStrings:SmartCity is not set but must say where the Postgres database is. "
                + "Set ConnectionStrings__SmartCity=\"Host=localhost;Database=smartcity;Username=smartcity;Password=…\".",
        }));
    }

    [TestCase("Kafka:Properties:linger.seconds", "1", "linger.seconds")]
    [TestCase("Kafka:Properties:socket.timeout.ms", "soon", "socket.timeout.ms")]
    [TestCase("Kafka:SslCaLocation", "/nowhere/ca.pem", "ssl.ca.location")]
    public void What_only_the_client_library_can_judge_is_judged_by_it(string key, string value, string property)
    {
        var errors = new ConfigurationErrors();
        KafkaSettings.Read(Configuration(("Kafka:BootstrapServers", "localhost:9092"), ("Kafka:SecurityProtocol", "ssl"), (key, value)), errors);

        Assert.That(errors.Messages, Has.Count.EqualTo(1));
        Assert.That(errors.Messages[0], Does.StartWith("The Kafka client refuses its settings (").And.Contains(property));
    }

    [Test]
    public void A_connection_string_that_cannot_be_read_is_not_printed()
    {
        var errors = new ConfigurationErrors();
        DatabaseSettings.Read(Configuration(("ConnectionStrings:SmartCity", "Host=db;Database=x;Password=hunter2;Prot=1")), errors);

        Assert.That(errors.Messages, Has.Count.EqualTo(1));
        Assert.That(errors.Messages[0], Does.StartWith("ConnectionStrings:SmartCity is (hidden) but must be a Postgres connection string").And.Contains("prot").IgnoreCase);
        Assert.That(errors.Messages[0], Does.Not.Contain("hunter2"));
    }

    [Test]
    public void The_replaced_platforms_variables_are_fallbacks()
    {
        var legacy = new Dictionary<string, string>
        {
            ["KAFKA_BOOTSTRAP_SERVERS"] = "old:9092",
            ["DB_HOST"] = "db",
            ["DB_PORT"] = "6543",
            ["DB_NAME"] = "city",
            ["DB_USER"] = "me",
            ["DB_PASSWORD"] = "a;b'c",
            ["PORT"] = "8080",
        };
        var alone = new ConfigurationBuilder().AddLegacyEnvironment(legacy).Build();
        var overridden = new ConfigurationBuilder().AddInMemoryCollection([new("Kafka:BootstrapServers", "new:9092")]).AddLegacyEnvironment(legacy).Build();
        var errors = new ConfigurationErrors();
        var database = DatabaseSettings.Read(alone, errors);
        var parsed = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString);

        Assert.Multiple(() =>
        {
            Assert.That(errors.Messages, Is.Empty);
            Assert.That(KafkaSettings.Read(alone, errors).BootstrapServers, Is.EqualTo("old:9092"));
            Assert.That(KafkaSettings.Read(overridden, errors).BootstrapServers, Is.EqualTo("new:9092"));
            Assert.That((parsed.Host, parsed.Port, parsed.Database, parsed.Username, parsed.Password), Is.EqualTo(("db", 6543, "city", "me", "a;b'c")));
            Assert.That(database.Description, Is.EqualTo("PostgreSQL db:6543/city"));
            Assert.That(alone["Api:Port"], Is.EqualTo("8080"));
        });
    }

    [TestCase("00:05:00", 300_000)]
    [TestCase("5m", 300_000)]
    [TestCase("1.5h", 5_400_000)]
    [TestCase("200ms", 200)]
    [TestCase("14d", 1_209_600_000)]
    public void Durations_are_read_as_people_write_them(string text, long milliseconds)
    {
        Assert.That(Durations.TryParse(text, out var duration), Is.True);
        Assert.That(duration.TotalMilliseconds, Is.EqualTo(milliseconds));
    }

    [TestCase("30")]
    [TestCase("")]
    [TestCase("m")]
    [TestCase("-5m")]
    [TestCase("five")]
    public void A_duration_without_unit_or_sense_is_refused(string text) => Assert.That(Durations.TryParse(text, out _), Is.False);

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] values)
        => new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => new KeyValuePair<string, string?>(v.Key, v.Value))).Build();
}
