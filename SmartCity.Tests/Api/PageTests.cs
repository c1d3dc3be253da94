using System.Security.Cryptography;

using Microsoft.Playwright;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Readings;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Api;

/// <summary>The page in a real Chromium: it shows what the database holds, by itself, and asks no other host for anything.</summary>
internal sealed class PageTests
{
    private static readonly string[] Types = [.. SensorTypes.All.Select(type => type.Name)];

    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    [OneTimeSetUp]
    public async Task Start_the_browser()
    {
        string program = Scratch.Program("chromium", "CHROMIUM") ?? throw TestServers.Missing("Chromium is not installed (apt-get install chromium, or set CHROMIUM).");
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Args = ["--no-sandbox"] });
    }

    [OneTimeTearDown]
    public async Task Stop_the_browser()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    [TestCase(ColorScheme.Light)]
    [TestCase(ColorScheme.Dark)]
    public async Task The_overview_shows_numbers_and_a_chart_for_each_type(ColorScheme scheme)
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        await api.SeedAsync(TimeProvider.System.GetUtcNow().UtcDateTime);
        var (page, complaints) = await OpenAsync(api, scheme);
        await UntilAsync(page, "document.querySelectorAll('.card canvas').length === 5");
        await UntilAsync(page, "document.getElementById('sensors').textContent === '90'");
        Assert.Multiple(async () =>
        {
            Assert.That(await page.EvalOnSelectorAllAsync<string[]>(".card[data-type]", "cards => cards.map(card => card.dataset.type)"), Is.EqualTo(Types));
            Assert.That(await page.TextContentAsync("#sensors-note"), Is.EqualTo("of 100 · 5 late · 5 silent"));
            Assert.That(await page.TextContentAsync("#watermark-note"), Does.StartWith("at "));
            Assert.That(await page.TextContentAsync("#windows"), Does.Match("^[1-9]"));
            Assert.That(await page.EvalOnSelectorAllAsync<string[]>(".chip", "chips => chips.map(chip => chip.textContent).sort()"), Is.EquivalentTo(SeededCity.Cities));
            Assert.That(await page.EvaluateAsync<bool>(InkIsDrawn), "the first chart has drawn lines");
            Assert.That(complaints, Is.Empty);
        });
        await ScreenshotAsync(page, $"overview-{scheme}");
    }

    [Test]
    public async Task A_window_that_changes_appears_without_reloading()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        await api.SeedAsync(now);
        var (page, complaints) = await OpenAsync(api, ColorScheme.Light);
        await UntilAsync(page, "document.getElementById('sensors').textContent === '90'"); // connected and listening
        await page.ClickAsync("[data-type=air_quality] summary");
        var window = SeededCity.Window(SensorTypes.Of(SensorType.AirQuality), 0, new DateTime(now.Ticks - (now.Ticks % TimeSpan.TicksPerMinute), DateTimeKind.Utc), isFinal: false);
        window["avg_pm25"] = 777.0;
        window.ProcessingTime = now.AddSeconds(1);
        await api.StoreAsync(SensorType.AirQuality, window);
        await UntilAsync(page, "document.querySelector('[data-type=air_quality] table').textContent.includes('777')");
        Assert.That(complaints, Is.Empty);
    }

    [Test]
    public async Task With_nothing_to_show_it_says_what_to_do()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        var (page, complaints) = await OpenAsync(api, ColorScheme.Light);
        await page.WaitForSelectorAsync("#notice:not([hidden])");
        Assert.That(await page.TextContentAsync("#notice"), Does.Contain("dotnet run --project SmartCity.Simulator"));
        Assert.That(complaints, Is.Empty);
        await ScreenshotAsync(page, "empty");
    }

    [Test]
    public async Task A_chart_can_be_walked_with_the_keyboard_and_read_as_a_table()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        await api.SeedAsync(TimeProvider.System.GetUtcNow().UtcDateTime);
        var (page, _) = await OpenAsync(api, ColorScheme.Light);
        await UntilAsync(page, "document.querySelectorAll('.card canvas').length === 5");
        string? newest = await page.TextContentAsync("[data-type=traffic] .readout");
        await page.FocusAsync("[data-type=traffic] .plot");
        await page.Keyboard.PressAsync("PageUp");
        await Eventually.IsTrueAsync(async () => await page.TextContentAsync("[data-type=traffic] .readout") != newest, "the cursor has moved");
        await page.ClickAsync("[data-type=traffic] summary");
        await UntilAsync(page, "document.querySelectorAll('[data-type=traffic] tbody tr').length === 15");
    }

    [Test]
    public async Task The_api_reference_opens_offline()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        var (page, complaints) = await OpenAsync(api, ColorScheme.Light, "/docs");
        await page.GetByText("/query/air-quality").First.WaitForAsync();
        Assert.That(complaints, Is.Empty);
        await ScreenshotAsync(page, "docs", fullPage: false);
    }

    [TestCase("LICENSE", "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd")]
    [TestCase("uPlot.esm.js", "5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba")]
    [TestCase("uPlot.min.css", "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04")]
    public void The_chart_library_is_the_one_published(string file, string sha256)
    {
        byte[] bytes = File.ReadAllBytes(Repository.Path("SmartCity.Api/wwwroot/lib/uplot/1.6.32/" + file));
        Assert.That(Convert.ToHexStringLower(SHA256.HashData(bytes)), Is.EqualTo(sha256));
    }

    /// <summary>Counts the pixels of the first chart that are not transparent.</summary>
    private const string InkIsDrawn = """
        (() => {
          const canvas = document.querySelector('.card canvas');
          const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
          let drawn = 0;
          for (let at = 3; at < pixels.length; at += 4) if (pixels[at] > 0) drawn++;
          return drawn > 1000;
        })()
        """;

    /// <summary>Opens a page and notes every error on its console and every request to another host.</summary>
    private async Task<(IPage Page, List<string> Complaints)> OpenAsync(ApiUnderTest api, ColorScheme scheme, string path = "/")
    {
        var page = await _browser.NewPageAsync(new BrowserNewPageOptions { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = 1380, Height = 900 } });
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(api.Address.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal)
                && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                complaints.Add("asked " + request.Url);
            }
        };
        await page.GotoAsync(new Uri(api.Address, path).ToString());
        return (page, complaints);
    }

    /// <summary>Waits until an expression is true on the page. (Playwright's own wait evaluates text in the page, which the page's policy rightly forbids.)</summary>
    private static Task UntilAsync(IPage page, string expression) => Eventually.IsTrueAsync(() => page.EvaluateAsync<bool>(expression), expression, TimeSpan.FromSeconds(30));

    /// <summary>Keeps a picture where SMARTCITY_SCREENSHOTS names a folder.</summary>
    private static async Task ScreenshotAsync(IPage page, string name, bool fullPage = true)
    {
        if (Environment.GetEnvironmentVariable("SMARTCITY_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = fullPage });
        }
    }
}
