using System.Text.Json;

using SmartCity.Domain.Configuration;
using SmartCity.Tests.Api;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Worker;

/// <summary>What a program tells of itself beyond /metrics.</summary>
internal sealed class TelemetryTests
{
    [Test]
    public async Task The_worker_writes_one_JSON_object_a_line_with_the_events_id()
    {
        await using var worker = WorkerProcess.Start(new Dictionary<string, string>
        {
            ["Kafka:BootstrapServers"] = ApiUnderTest.Nowhere,
            ["Streams:Roles"] = "combine,windows",
            ["Telemetry:Logs"] = "Json",
        });
        await worker.WritesAsync("cannot be reached (");
        await worker.KillAsync();

        string[] lines = [.. worker.Output.Split('\n').Where(line => line.Length > 0)];
        Assert.That(lines, Is.All.Matches<string>(line => JsonDocument.Parse(line!).RootElement.GetProperty("EventId").ValueKind == JsonValueKind.Number));
        Assert.That(lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("EventId").GetInt32()), Does.Contain(1101));
    }

    [Test]
    public async Task Worker_and_API_push_their_metrics_to_a_collector()
    {
        await using Collector collector = await Collector.StartAsync();
        string address = collector.Address;
        var worker = WorkerProcess.Start(new Dictionary<string, string>
        {
            ["Kafka:BootstrapServers"] = ApiUnderTest.Nowhere,
            ["Streams:Roles"] = "combine,windows",
            ["Telemetry:OtlpEndpoint"] = address,
            ["Telemetry:OtlpProtocol"] = "Http",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
        });
        ApiUnderTest api = await ApiUnderTest.StartAsync(
            await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ("Telemetry:OtlpEndpoint", address), ("Telemetry:OtlpProtocol", "Http"));
        await using (worker)
        await using (api)
        {
            await api.JsonAsync("/types");
            await Eventually.IsTrueAsync(() => Has("smart-city-worker", "dotnet.process.cpu.time"), "the worker's metrics arrive");
        }

        // What a program has measured by its end goes out with it.
        await Eventually.IsTrueAsync(() => Has("smart-city-api", "http.server.request.duration"), "the API's metrics arrive");

        bool Has(string service, string metric)
            => collector.Metrics.Any(body => body.Contains(service, StringComparison.Ordinal) && body.Contains(metric, StringComparison.Ordinal));
    }

    [TestCase("Telemetry:TraceRatio", "2", "Telemetry:TraceRatio is 2 but must be a number from 0 to 1. Set Telemetry__TraceRatio=0.001.")]
    [TestCase("Telemetry:OtlpEndpoint", "collector:4317", "Telemetry:OtlpEndpoint is collector:4317 but must be the address of an OpenTelemetry collector. Set Telemetry__OtlpEndpoint=http://localhost:4317.")]
    public async Task A_value_that_will_not_do_is_a_configuration_error(string key, string value, string said)
    {
        await using var worker = WorkerProcess.Start(new Dictionary<string, string>
        {
            ["Kafka:BootstrapServers"] = ApiUnderTest.Nowhere,
            ["Streams:Roles"] = "combine,windows",
            [key] = value,
        });
        Assert.That(await worker.ExitAsync(), Is.EqualTo(ConfigurationException.ExitCode));
        Assert.That(worker.Output, Does.Contain(said));
    }
}
