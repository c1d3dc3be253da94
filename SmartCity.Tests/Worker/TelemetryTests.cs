using System.Collections.Concurrent;
using System.Text.Json;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

using SmartCity.Domain.Configuration;
using SmartCity.Tests.Api;
using SmartCity.Tests.Servers;
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
        var bodies = new ConcurrentQueue<string>();
        await using WebApplication collector = await CollectorAsync(bodies);
        string address = collector.Urls.First();
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
            => bodies.Any(body => body.Contains(service, StringComparison.Ordinal) && body.Contains(metric, StringComparison.Ordinal));
    }

    [TestCase("collector:4317", "Telemetry:OtlpEndpoint is collector:4317 but must be the address of an OpenTelemetry collector. Set Telemetry__OtlpEndpoint=http://localhost:4317.")]
    public async Task An_endpoint_that_is_none_is_a_configuration_error(string endpoint, string said)
    {
        await using var worker = WorkerProcess.Start(new Dictionary<string, string>
        {
            ["Kafka:BootstrapServers"] = ApiUnderTest.Nowhere,
            ["Streams:Roles"] = "combine,windows",
            ["Telemetry:OtlpEndpoint"] = endpoint,
        });
        Assert.That(await worker.ExitAsync(), Is.EqualTo(ConfigurationException.ExitCode));
        Assert.That(worker.Output, Does.Contain(said));
    }

    /// <summary>An OpenTelemetry collector as far as it matters here: it takes metrics over HTTP. Names stand in the protocol buffers as plain text.</summary>
    private static async Task<WebApplication> CollectorAsync(ConcurrentQueue<string> bodies)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication collector = builder.Build();
        collector.MapPost("/v1/metrics", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            bodies.Enqueue(System.Text.Encoding.Latin1.GetString(body.ToArray()));
            return Results.Ok();
        });
        await collector.StartAsync();
        return collector;
    }
}
