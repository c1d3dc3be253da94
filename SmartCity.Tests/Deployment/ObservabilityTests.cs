using System.Text.Json;
using System.Text.RegularExpressions;

using Confluent.Kafka;

using Npgsql;

using SmartCity.Domain;
using SmartCity.Domain.Configuration;
using SmartCity.Tests.Api;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Sinks.Database;
using SmartCity.Tests.Support;
using SmartCity.Tests.Worker;

using YamlDotNet.Serialization;

namespace SmartCity.Tests.Deployment;

/// <summary>The Prometheus rules, the Grafana dashboards and the runbook, against the programs that they speak of.</summary>
internal sealed partial class ObservabilityTests
{
    private const string Rules = "deploy/prometheus/rules.yml";
    private const int CommandNotFound = 127; // as a shell says it

    [Test]
    public void Each_alert_has_its_heading_in_the_runbook_and_each_heading_an_alert()
    {
        string[] headings = [.. File.ReadLines(Repository.Path("docs/runbook.md")).Where(line => line.StartsWith("## SmartCity", StringComparison.Ordinal)).Select(line => line[3..])];
        Dictionary<string, Dictionary<object, object>> alerts = Alerts().ToDictionary(alert => (string)alert["alert"]);
        Assert.That(headings, Is.EquivalentTo(alerts.Keys));
        Assert.Multiple(() =>
        {
            foreach ((string name, Dictionary<object, object> alert) in alerts)
            {
                var annotations = (Dictionary<object, object>)alert["annotations"];
                Assert.That(annotations["runbook_url"], Is.EqualTo($"docs/runbook.md#{name.ToLowerInvariant()}"));
            }
        });
    }

    [Test]
    public async Task Prometheus_itself_accepts_the_rules_and_its_configuration()
    {
        foreach ((string kind, string file) in ((string, string)[])[("rules", Rules), ("config", "deploy/prometheus/prometheus.yml")])
        {
            await using ChildProcess promtool = ChildProcess.Start(["promtool", "check", kind, Repository.Path(file)]);
            await Eventually.IsTrueAsync(() => promtool.HasExited, "promtool ends");
            if (promtool.ExitCode == CommandNotFound)
            {
                throw TestServers.Missing("promtool is not on the path; Debian's package prometheus has it.");
            }

            Assert.That(promtool.ExitCode, Is.Zero, promtool.Output);
        }
    }

    [Test]
    public async Task Every_metric_that_rules_and_dashboards_name_is_on_a_running_worker_or_api()
    {
        string[] named = [.. Expressions().SelectMany(expression => Metric().Matches(expression)).Select(match => match.Value).Distinct()];
        Assert.That(named, Has.Length.GreaterThan(20));
        string exported = await WorkersMetricsAsync() + await ApisMetricsAsync();
        string[] known = [.. Sample().Matches(exported).Select(match => match.Groups["name"].Value).Distinct()];

        Assert.That(named, Is.SubsetOf(known));
    }

    [Test]
    public async Task PostgreSQL_answers_every_query_of_the_city_dashboard()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(DatabaseProvider.Postgres);
        await using var connection = new NpgsqlConnection(database.Settings.ConnectionString);
        await connection.OpenAsync();
        string[] queries = [.. Members("deploy/grafana/dashboards/city.json", "rawSql", "query")];
        Assert.That(queries, Has.Length.GreaterThan(8));
        foreach (string query in queries)
        {
            await using NpgsqlCommand command = connection.CreateCommand();
            command.CommandText = TimeFilter().Replace(query, "$1 BETWEEN now() - interval '1 day' AND now()").Replace("$city", "'Warsaw','Gdańsk'", StringComparison.Ordinal);
            await using NpgsqlDataReader rows = await command.ExecuteReaderAsync();
        }
    }

    [Test]
    public void Dashboards_use_the_data_sources_that_are_provisioned()
    {
        string provisioned = File.ReadAllText(Repository.Path("deploy/grafana/provisioning/datasources/smart-city.yml"));
        string[] used = [.. Dashboards().SelectMany(file => Members(file, "uid")).Where(uid => uid.StartsWith("smart-city-", StringComparison.Ordinal)).Distinct()];
        Assert.That(used.Except(["smart-city-pipeline", "smart-city-city"]), Is.Not.Empty.And.All.Matches<string>(uid => provisioned.Contains($"uid: {uid}", StringComparison.Ordinal)));
    }

    /// <summary>What a worker shows after it has read a reading, a late one and a bad one, and its database has failed it once.</summary>
    private static async Task<string> WorkersMetricsAsync()
    {
        KafkaServer kafka = await TestServers.KafkaAsync();
        await using TestDatabase database = await TestDatabase.CreateAsync(DatabaseProvider.Postgres);
        TopicNames topics = TopicNames.WithPrefix($"metrics-{Guid.NewGuid():n}.");
        string lake = Scratch.Folder("lake");
        try
        {
            await using var worker = WorkerProcess.Start(new Dictionary<string, string>
            {
                ["Kafka:BootstrapServers"] = kafka.BootstrapServers,
                ["Kafka:TopicPrefix"] = topics.Prefix,
                ["ConnectionStrings:SmartCity"] = database.Settings.ConnectionString,
                ["Streams:ApplicationId"] = topics.Prefix + "app",
                ["Streams:SensorPartitions"] = "1",
                ["Streams:RepartitionPartitions"] = "1",
                ["Lake:Folder"] = lake,
                ["Lake:FlushInterval"] = "1s",
            });
            await worker.ReadyAsync();
            using (IProducer<string, string> producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = kafka.BootstrapServers }).Build())
            {
                DateTimeOffset now = TimeProvider.System.GetUtcNow();
                foreach (string value in (string[])[Reading(now), Reading(now.AddHours(-1)), "no JSON"])
                {
                    await producer.ProduceAsync(topics.Sensors, new Message<string, string> { Key = "AQ-1", Value = value });
                }
            }

            string metrics = "";
            await Eventually.IsTrueAsync(
                async () => (metrics = (await worker.GetAsync("/metrics")).Body).Contains("smartcity_streams_watermark_delay_seconds", StringComparison.Ordinal)
                    && metrics.Contains("smartcity_lake_object_size_bytes_sum", StringComparison.Ordinal)
                    && metrics.Contains("smartcity_streams_readings_dead_lettered_total", StringComparison.Ordinal),
                "the worker has a watermark, has written to the lake and has refused a reading");
            return metrics;
        }
        finally
        {
            Scratch.Remove(lake);
        }
    }

    private static async Task<string> ApisMetricsAsync()
    {
        await using ApiUnderTest api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        using var content = new StringContent("{}");
        using HttpResponseMessage refused = await api.Client.PostAsync("/ingest", content);
        string metrics = "";
        await Eventually.IsTrueAsync(async () => (metrics = await api.Client.GetStringAsync("/metrics")).Contains("smartcity_sensors{", StringComparison.Ordinal), "the API has counted the sensors");
        return metrics;
    }

    private static string Reading(DateTimeOffset time)
        => $$$"""{"sensor_id":"AQ-1","sensor_type":"air_quality","city":"Warsaw","timestamp":"{{{time:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}}","metrics":{"pm25":1}}""";

    private static IEnumerable<string> Expressions()
        => Alerts().Select(alert => (string)alert["expr"]).Concat(Dashboards().SelectMany(file => Members(file, "expr")));

    private static IEnumerable<Dictionary<object, object>> Alerts()
    {
        var file = new DeserializerBuilder().Build().Deserialize<Dictionary<string, List<Dictionary<object, object>>>>(File.ReadAllText(Repository.Path(Rules)));
        return file["groups"].SelectMany(group => (List<object>)group["rules"]).Cast<Dictionary<object, object>>();
    }

    private static IEnumerable<string> Dashboards() => Directory.EnumerateFiles(Repository.Path("deploy/grafana/dashboards"), "*.json");

    /// <summary>Every text in a JSON file that stands under one of the names, at any depth.</summary>
    private static IEnumerable<string> Members(string file, params string[] names)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Repository.Path(file)));
        return [.. Find(document.RootElement)];

        IEnumerable<string> Find(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().SelectMany(
                member => names.Contains(member.Name) && member.Value.ValueKind == JsonValueKind.String ? [member.Value.GetString()!] : Find(member.Value)),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(Find),
            _ => [],
        };
    }

    [GeneratedRegex("(smartcity|dotnet|http_server)_[a-z0-9_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("^(?<name>[a-z0-9_]+)\\{", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"\$__timeFilter\((\w+)\)")]
    private static partial Regex TimeFilter();
}
