using System.Text.Json;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Api;

/// <summary>What every endpoint keeps to, and which endpoints with which parameters there are, as promised to those who have written programs against them.</summary>
internal sealed class ContractTests
{
    private const string Query = "city district hours from to anchor resolution tz final metrics order limit cursor format";
    private const string Page = "https://dashboard.example";

    private static readonly Dictionary<string, string> Promised = new()
    {
        ["/query/air-quality"] = Query,
        ["/query/traffic"] = Query,
        ["/query/parking"] = Query,
        ["/query/weather"] = Query,
        ["/query/energy"] = Query,
        ["/latest"] = "type city",
        ["/cities"] = "",
        ["/types"] = "",
        ["/sensors"] = "type city status limit cursor",
        ["/sensors/{id}"] = "",
        ["/sensors/{id}/readings"] = "from to limit",
        ["/alerts"] = "state hours city",
        ["/quality"] = "hours",
        ["/quality/dead-letters"] = "reason limit",
        ["/quality/late"] = "limit",
        ["/pipeline"] = "",
        ["/live"] = "type city district",
        ["/storage/stats"] = "",
        ["/storage/list"] = "prefix limit cursor",
        ["/ingest"] = "",
        ["/health"] = "",
        ["/health/live"] = "",
        ["/health/ready"] = "",
    };

    private ApiUnderTest _api = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ("Api:Cors:Origins:0", Page));
        await _api.StoreAsync(SensorType.Traffic, Windows.Of(SensorType.Traffic, "Warsaw", "", Windows.Noon), Windows.Of(SensorType.Traffic, "Warsaw", "", Windows.Noon.AddMinutes(1)));
    }

    [OneTimeTearDown]
    public async Task Stop() => await _api.DisposeAsync();

    [Test]
    public async Task Every_endpoint_that_was_promised_is_there_with_its_parameters_and_no_other()
    {
        var paths = (await _api.JsonAsync("/openapi/v1.json")).GetProperty("paths").EnumerateObject();
        var actual = paths.ToDictionary(path => path.Name, path => Sorted(ParametersOf(path.Value.EnumerateObject().Single().Value)));
        Assert.That(actual, Is.EquivalentTo(Promised.ToDictionary(path => path.Key, path => Sorted(path.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)))));

        static string Sorted(IEnumerable<string> names) => string.Join(' ', names.Order(StringComparer.Ordinal));

        static IEnumerable<string> ParametersOf(JsonElement operation) => operation.TryGetProperty("parameters", out var parameters)
            ? parameters.EnumerateArray().Where(one => one.GetProperty("in").GetString() == "query").Select(one => one.GetProperty("name").GetString()!)
            : [];
    }

    // Monitors add a parameter of their own, so that no cache answers: that must not look like an outage.
    [Test]
    public async Task A_parameter_that_nobody_knows_is_refused_by_every_endpoint_but_health([ValueSource(nameof(PathsWithParameters))] string path)
    {
        using var request = new HttpRequestMessage(path == "/ingest" ? HttpMethod.Post : HttpMethod.Get, path.Replace("{id}", "S-1", StringComparison.Ordinal) + "?lmit=5") { Content = path == "/ingest" ? new StringContent("{}") : null };
        using var response = await _api.Client.SendAsync(request);
        var problem = await ApiUnderTest.ProblemAsync(response, 400);
        Assert.That(problem.GetProperty("errors").EnumerateObject().Select(error => error.Name), Is.EqualTo((string[])["lmit"]));
    }

    [TestCase("/query/traffic?from=2026-01-15T00:00:00Z&limit=1")]
    [TestCase("/query/traffic?from=2026-01-15T00:00:00Z&limit=1&format=csv")]
    public async Task A_page_of_another_origin_that_is_allowed_reads_answers_with_their_next_page_and_tag(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Origin", Page);
        using var response = await _api.Client.SendAsync(request);
        Assert.Multiple(() =>
        {
            Assert.That(response.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo((string[])[Page]));
            Assert.That(response.Headers.GetValues("Access-Control-Expose-Headers").Single().Split(','), Is.SupersetOf((string[])["Link", "ETag", "Retry-After"]));
            Assert.That(response.Headers.Contains("Link") && response.Headers.ETag is not null);
        });
    }

    [TestCase("GET", true)]
    [TestCase("POST", true)]
    [TestCase("DELETE", false)]
    public async Task It_may_send_a_key_but_only_with_the_methods_there_are(string method, bool isAllowed)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/ingest");
        request.Headers.Add("Origin", Page);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", "x-api-key,content-type");
        using var response = await _api.Client.SendAsync(request);
        string methods = response.Headers.TryGetValues("Access-Control-Allow-Methods", out var values) ? string.Join(',', values) : "";
        Assert.Multiple(() =>
        {
            Assert.That(methods.Split(',').Contains(method), Is.EqualTo(isAllowed));
            Assert.That(response.Headers.TryGetValues("Access-Control-Allow-Headers", out var headers) && string.Join(',', headers).Contains("x-api-key", StringComparison.OrdinalIgnoreCase));
        });
    }

    private static IEnumerable<string> PathsWithParameters() => Promised.Keys.Where(path => !path.StartsWith("/health", StringComparison.Ordinal));
}
