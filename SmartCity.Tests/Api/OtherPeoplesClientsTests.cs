using System.Reflection;
using System.Runtime.Loader;

using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

using NSwag.CodeGeneration.CSharp;
using NSwag.CodeGeneration.OperationNameGenerators;

using SmartCity.Domain.Configuration;

namespace SmartCity.Tests.Api;

/// <summary>The OpenAPI document is good for what people have such documents for: it validates, and a generator makes a client of it that compiles and works.</summary>
internal sealed class OtherPeoplesClientsTests
{
    /// <summary>A program of somebody who has the generated client and nothing else.</summary>
    private const string Program = """
        using System;
        using System.Linq;
        using System.Net.Http;
        using System.Threading.Tasks;

        public static class Program
        {
            public static async Task<string[]> RunAsync(HttpClient http)
            {
                var client = new Generated.SmartCityClient(http);
                var page = await client.Query_air_qualityAsync(city: new[] { "Warsaw" }, metrics: new[] { "pm25" }, limit: 2);
                var next = await client.Query_air_qualityAsync(city: new[] { "Warsaw" }, metrics: new[] { "pm25" }, limit: 2, cursor: page.Next_cursor);
                var window = page.Results.First();
                var cities = await client.CitiesAsync();
                var sensor = await client.SensorAsync("air_quality-03");
                var health = await client.HealthAsync();
                string refused;
                try
                {
                    await client.SensorAsync("nobody");
                    refused = "";
                }
                catch (Generated.ApiException e)
                {
                    refused = e.StatusCode.ToString();
                }

                return
                [
                    FormattableString.Invariant($"{window.Window_start.UtcDateTime:o} {window.City} {window.Avg_pm25:R} {window.Is_final}"),
                    FormattableString.Invariant($"{next.Results.First().Window_start.UtcDateTime:o}"),
                    string.Join(',', cities.Cities.Select(city => city.City)),
                    sensor.Sensor_type.ToString(),
                    health.Status.ToString(),
                    refused,
                ];
            }
        }
        """;

    private ApiUnderTest _api = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        await _api.SeedAsync(TimeProvider.System.GetUtcNow().UtcDateTime);
    }

    [OneTimeTearDown]
    public async Task Stop() => await _api.DisposeAsync();

    [Test]
    public async Task The_document_reads_without_an_error_or_a_warning()
    {
        var read = OpenApiDocument.Parse(await _api.Client.GetStringAsync("/openapi/v1.json"), OpenApiConstants.Json, new OpenApiReaderSettings { RuleSet = ValidationRuleSet.GetDefaultRuleSet() });
        Assert.Multiple(() =>
        {
            Assert.That(read.Diagnostic!.Errors.Concat(read.Diagnostic.Warnings).Select(error => error.ToString()), Is.Empty);
            Assert.That(read.Diagnostic.SpecificationVersion, Is.EqualTo(OpenApiSpecVersion.OpenApi3_1));
            Assert.That(read.Document!.Paths.SelectMany(path => path.Value.Operations!.Values).Select(operation => operation.OperationId), Is.Unique.And.None.Null);
        });
    }

    [Test]
    public async Task A_generated_client_compiles_and_reads_what_the_api_answers()
    {
        string document = await _api.Client.GetStringAsync("/openapi/v1.json");
        var settings = new CSharpClientGeneratorSettings { ClassName = "SmartCityClient", UseBaseUrl = false, GenerateOptionalParameters = true, OperationNameGenerator = new SingleClientFromOperationIdOperationNameGenerator() };
        (settings.CSharpGeneratorSettings.Namespace, settings.CSharpGeneratorSettings.JsonLibrary) = ("Generated", NJsonSchema.CodeGeneration.CSharp.CSharpJsonLibrary.SystemTextJson);
        string client = new CSharpClientGenerator(await NSwag.OpenApiDocument.FromJsonAsync(document), settings).GenerateFile();

        string[] told = await RunAsync(client, Program);

        var page = (await _api.JsonAsync("/query/air-quality?city=Warsaw&limit=3")).GetProperty("results");
        Assert.That(told, Is.EqualTo((string[])
        [
            FormattableString.Invariant($"{page[0].GetProperty("window_start").GetDateTime():o} Warsaw {page[0].GetProperty("avg_pm25").GetDouble():R} {page[0].GetProperty("is_final").GetBoolean()}"),
            FormattableString.Invariant($"{page[2].GetProperty("window_start").GetDateTime():o}"),
            "Gdańsk,Kraków,Warsaw,Łódź",
            told[3],
            told[4],
            "404",
        ]));
        Assert.That(told[3].Replace("_", "", StringComparison.Ordinal), Is.EqualTo("airquality").IgnoreCase);
        Assert.That(told[4], Is.EqualTo("degraded").IgnoreCase, "this API has no Kafka");
    }

    private async Task<string[]> RunAsync(params string[] sources)
    {
        string[] platform = AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!.ToString()!.Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create(
            "SomebodysProgram",
            sources.Select(source => CSharpSyntaxTree.ParseText(source)),
            platform.Where(file => Path.GetFileName(file).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(file) is "netstandard.dll").Select(file => MetadataReference.CreateFromFile(file)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        using var code = new MemoryStream();
        var result = compilation.Emit(code);
        Assert.That(result.Diagnostics.Where(one => one.Severity == DiagnosticSeverity.Error).Select(one => one.ToString()), Is.Empty);
        code.Position = 0;
        var context = new AssemblyLoadContext("somebody", isCollectible: true);
        try
        {
            var program = context.LoadFromStream(code).GetType("Program")!;
            return await (Task<string[]>)program.GetMethod("RunAsync", BindingFlags.Public | BindingFlags.Static)!.Invoke(null, [_api.Client])!;
        }
        finally
        {
            context.Unload();
        }
    }
}
