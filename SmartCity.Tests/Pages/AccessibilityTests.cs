using Microsoft.Playwright;

using SmartCity.Tests.Api;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Pages;

/// <summary>Every page for everybody: axe finds nothing in either theme, on a desktop or on a phone, a phone need not scroll sideways, and the keyboard reaches everything.</summary>
internal sealed class AccessibilityTests
{
    private const int Desktop = 1380;
    private const int Phone = 390;

    /// <summary>What looks at colours. No other rule can tell one theme from the other.</summary>
    private static readonly string[] OfColours = ["color-contrast", "link-in-text-block"];

    private ApiUnderTest _api = null!;

    [OneTimeSetUp]
    public async Task Start() => _api = await Stage.SeededAsync();

    [TestCase("/ui/", ".card[data-type] canvas")]
    [TestCase("/ui/explore/", "#chart canvas")]
    [TestCase("/ui/map/", ".city-mark, .mark")]
    [TestCase("/ui/sensors/?sensor=air_quality-03", "#all tbody tr")]
    [TestCase("/ui/quality/", ".failure")] // this API has no Kafka
    [TestCase("/ui/pipeline/", "#parts li")]
    public Task A_page_is_for_everybody(string path, string isThere) => LookAsync(_api.Address, path, isThere);

    [TestCase("/ui/sensors/?sensor=WX-WAW-0001", "#one canvas")]
    [TestCase("/ui/quality/", "#dead-letters tbody tr")]
    [TestCase("/ui/pipeline/", "#sinks tbody tr")]
    public async Task A_page_of_a_living_city_is_for_everybody(string path, string isThere) => await LookAsync(await Stage.CityAsync(), path, isThere);

    [Test]
    public async Task The_keyboard_reaches_navigation_fields_charts_and_tables()
    {
        await using var visit = await Visit.ToAsync(_api.Address, "/ui/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.UntilAsync("document.querySelectorAll('.card[data-type] canvas').length === 5");
        var reached = new List<string>();
        for (int stop = 0; stop < 60; stop++)
        {
            await visit.Page.Keyboard.PressAsync("Tab");
            reached.Add(await visit.Page.EvaluateAsync<string>("document.activeElement.closest('nav, .skip, #theme, .chip, .controls, .plot, summary, .card')?.className ?? document.activeElement.id"));
        }

        Assert.That(reached, Does.Contain("skip").And.Contain("pages").And.Contain("icon-button").And.Contain("chip").And.Contain("plot"));
        Assert.That(reached.IndexOf("skip"), Is.Zero, "the first stop leads past the navigation");
        await visit["[data-type=air_quality] summary"].FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.UntilAsync("document.querySelectorAll('[data-type=air_quality] tbody tr').length > 0");
    }

    [Test]
    public async Task The_theme_follows_the_system_until_one_is_chosen_and_the_choice_is_kept()
    {
        await using var visit = await Visit.ToAsync(_api.Address, "/ui/", ColorScheme.Dark, expectsFailures: true, width: 1380);
        string dark = await GroundAsync(visit);
        await visit["#theme"].ClickAsync();
        await Eventually.IsTrueAsync(async () => await GroundAsync(visit) != dark, "it is light");
        await visit.Page.ReloadAsync();
        await visit["#theme"].WaitForAsync();
        Assert.That(await GroundAsync(visit), Is.Not.EqualTo(dark), "it is still light");
    }

    [Test]
    public async Task The_api_reference_opens_offline()
    {
        await using var visit = await Visit.ToAsync(_api.Address, "/docs");
        await visit.Page.GetByText("/query/air-quality").First.WaitForAsync();
    }

    private static async Task LookAsync(Uri address, string path, string isThere)
    {
        await using var visit = await Visit.ToAsync(address, path, ColorScheme.Light, expectsFailures: true, width: Desktop);
        await visit[isThere].First.WaitForAsync();
        if (await visit["summary:visible"].CountAsync() > 0)
        {
            await visit["summary:visible"].First.ClickAsync(); // the table is part of the page
        }

        foreach (int width in (int[])[Desktop, Phone])
        {
            await visit.Page.SetViewportSizeAsync(width, 900);
            await visit.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Light });
            await visit.UntilAsync("document.documentElement.scrollWidth <= innerWidth");
            Assert.That(await visit.ViolationsAsync(), Is.Empty, $"light, {width} wide");
            await visit.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
            Assert.That(await visit.ViolationsAsync(OfColours), Is.Empty, $"dark, {width} wide");

            // What a filter makes of colours axe does not see.
            Assert.That(await visit.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('main, main *')].filter((one) => getComputedStyle(one).filter !== 'none').map((one) => one.className)"), Is.Empty, $"dark, {width} wide");
        }
    }

    private static Task<string> GroundAsync(Visit visit) => visit.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
}
