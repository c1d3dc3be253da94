using System.Text.Json;

using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Deployment;

/// <summary>What compose.yaml starts does start: every service of ours by its own command line and environment, until it is healthy by the check that the file gives it.</summary>
internal sealed class ComposeStartTests
{
    private static readonly string[] Parts = ["database", "storage", "kafka", "stream"];

    [Test]
    public async Task Every_service_of_ours_starts_as_the_file_says_and_a_simulated_reading_reaches_the_API()
    {
        await using ComposeOnThisMachine compose = await ComposeOnThisMachine.StartAsync();
        var ended = await Task.WhenAll(compose.RunAsync("topics"), compose.RunAsync("migrate"));
        Assert.That(ended.Select(service => service.ExitCode), Is.All.Zero, string.Join('\n', ended.Select(service => service.Output)));

        ChildProcess simulator = compose.Start("simulator");
        compose.Start("worker");
        compose.Start("api");
        await Task.WhenAll(compose.BecomesHealthyAsync("worker"), compose.BecomesHealthyAsync("api"));

        using var http = new HttpClient { BaseAddress = compose.Api };
        http.DefaultRequestHeaders.Add("X-API-Key", "smart-city-demo"); // its hash is the file's
        JsonElement health = default, cities = default;
        try
        {
            await simulator.BecomesAsync(
                async () =>
                {
                    (health, cities) = (await JsonAsync("/health"), (await JsonAsync("/cities")).GetProperty("cities"));
                    return Parts.All(part => health.GetProperty(part).GetString() == "up") && cities.GetArrayLength() > 0;
                },
                "every part is up, and a simulated city's windows can be asked for");
        }
        catch (TimeoutException e)
        {
            Assert.Fail($"{e.Message}\n{health}\n{cities}\n{compose.Output}");
        }

        async Task<JsonElement> JsonAsync(string path) => JsonDocument.Parse(await http.GetStringAsync(new Uri(path, UriKind.Relative))).RootElement;
    }
}
