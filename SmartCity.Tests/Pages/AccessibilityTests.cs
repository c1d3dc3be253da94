using Microsoft.Playwright;

using SmartCity.Tests.Api;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Pages;

/// <summary>Every page for everybody: axe finds nothing in either theme, the keyboard reaches everything, and a phone need not scroll sideways.</summary>
internal sealed class AccessibilityTests
{
    private static readonly (string Path, string IsThere)[] Pages =
    [
        ("/ui/", ".card[data-type] canvas"),
        ("/ui/explore/", "#chart canvas"),
        ("/ui/map/", ".city-mark, .mark"),
        ("/ui/sensors/?sensor=air_quality-03", "#all tbody tr"),
        ("/ui/quality/", ".failure"), // this API has no Kafka
        ("/ui/pipeline/", "#parts li"),
    ];

    private static readonly (string Path, string IsThere)[] PagesOfTheCity = [("/ui/sensors/?sensor=WX-WAW-0001", "#one canvas"), ("/ui/quality/", "#dead-letters tbody tr"), ("/ui/pipeline/", "#sinks tbody tr")];

    private ApiUnderTest _api = null!;

    [OneTimeSetUp]
    public async Task Start() => _api = await Stage.SeededAsync();

    [Test]
    public async Task Axe_finds_nothing_in_either_theme()
    {
        var city = await Stage.CityAsync();
        foreach (var (address, path, isThere) in Pages.Select(page => (_api.Address, page.Path, page.IsThere)).Concat(PagesOfTheCity.Select(page => (city, page.Path, page.IsThere))))
        {
            await using var visit = await Visit.ToAsync(address, path, ColorScheme.Light, expectsFailures: true, width: 1380);
            await visit[isThere].First.WaitForAsync();
            if (await visit["summary:visible"].CountAsync() > 0)
            {
                await visit["summary:visible"].First.ClickAsync(); // the table is part of the page
            }

            Assert.That(await visit.ViolationsAsync(), Is.Empty, path + " in light");
            await visit.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
            Assert.That(await visit.ViolationsAsync(), Is.Empty, path + " in dark");

            // What a filter makes of colours axe does not see.
            Assert.That(await visit.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('main, main *')].filter((one) => getComputedStyle(one).filter !== 'none').map((one) => one.className)"), Is.Empty, path + " in dark");
        }
    }

    [Test]
    public async Task A_phone_need_not_scroll_sideways()
    {
        foreach (var (path, isThere) in Pages)
        {
            await using var visit = await Visit.ToAsync(_api.Address, path, ColorScheme.Light, expectsFailures: true, width: 390);
            await visit[isThere].First.WaitForAsync();
            Assert.That(await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth"), Is.Zero, path);
        }
    }

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

    private static Task<string> GroundAsync(Visit visit) => visit.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
}
