using System.Text.Json;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Readings;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Api;

internal sealed class OpenApiTests
{
    private ApiUnderTest _api = null!;

    [OneTimeSetUp]
    public async Task Start() => _api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));

    [OneTimeTearDown]
    public async Task Stop() => await _api.DisposeAsync();

    [Test]
    public async Task The_document_is_the_one_in_the_repository()
    {
        string served = await _api.Client.GetStringAsync("/openapi/v1.json");
        string file = Repository.Path("docs/openapi.json");
        string committed = File.Exists(file) ? await File.ReadAllTextAsync(file) : "";
        if (served.Trim() != committed.Trim() && Environment.GetEnvironmentVariable("SMARTCITY_ACCEPT") == "openapi")
        {
            await File.WriteAllTextAsync(file, served.Trim() + "\n");
            Assert.Inconclusive($"{file} was written anew: look at the change and commit it.");
        }

        Assert.That(served.Trim(), Is.EqualTo(committed.Trim()), "The API's surface has changed. If that is meant, run this test with SMARTCITY_ACCEPT=openapi and commit docs/openapi.json.");
    }

    [Test]
    public async Task It_is_openapi_3_1_and_describes_every_query()
    {
        var document = await _api.JsonAsync("/openapi/v1.json");
        Assert.That(document.GetProperty("openapi").GetString(), Does.StartWith("3.1."));
        foreach (var type in SensorTypes.All)
        {
            var query = document.GetProperty("paths").GetProperty("/query/" + type.Slug).GetProperty("get");
            Assert.That(query.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()), Has.Member("city").And.Member("cursor"));
        }
    }

    // Tested on the whole platform instead.
    private static readonly string[] NeedKafka = ["/quality/dead-letters", "/quality/late"];

    [Test]
    public async Task Every_answer_has_the_members_its_schema_requires()
    {
        var document = await _api.JsonAsync("/openapi/v1.json");
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            if (!path.Value.TryGetProperty("get", out var get) || path.Name == "/live" || path.Name.Contains('{') || NeedKafka.Contains(path.Name))
            {
                continue;
            }

            var schema = get.GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema");
            var answer = await _api.JsonAsync(path.Name);
            Assert.That(answer.EnumerateObject().Select(member => member.Name), Is.SupersetOf(schema.GetProperty("required").EnumerateArray().Select(name => name.GetString())), path.Name);
        }
    }
}
