using System.Diagnostics;

using Microsoft.Playwright;

using SmartCity.AppHost.Hosting;

namespace SmartCity.Tests.Pages;

/// <summary>
/// Takes pictures of every page of a living city, at a desktop's and a phone's width, in light and in dark, for a person to look at:
/// <c>SMARTCITY_SCREENSHOTS=FOLDER dotnet test --filter FullyQualifiedName~PicturesOfThePages</c>. <c>overview-desktop-light.png</c> is the one in the README.
/// </summary>
[Explicit("for a person to look at")]
internal sealed class PicturesOfThePages
{
    private static readonly (string Name, string Path, string IsThere)[] Pages =
    [
        ("overview", "/ui/", "document.querySelectorAll('.card[data-type] canvas').length === 5 && Number(document.getElementById('live').textContent) > 150 && document.getElementById('notice').hidden && Number(document.getElementById('rate').textContent) < 50 && parseInt(document.getElementById('watermark').textContent) < 60"),
        ("explore", "/ui/explore/?type=traffic&metric=average_speed&city=Warsaw&city=Kraków&hours=2&resolution=1m", "document.querySelectorAll('#chart canvas').length === 1"),
        ("explore-one", "/ui/explore/?type=air_quality&metric=no2&city=Warsaw&hours=2&resolution=5m", "document.querySelectorAll('#chart canvas').length === 1"),
        ("map", "/ui/map/", "document.querySelectorAll('.city-mark').length > 1 && document.querySelectorAll('path.country').length > 10"),
        ("map-city", "/ui/map/?city=Warsaw", "document.querySelectorAll('.mark').length > 5"),
        ("sensors", "/ui/sensors/", "document.querySelectorAll('#all tbody tr').length === 50"),
        ("sensors-one", "/ui/sensors/?sensor=WX-WAW-0001&metric=temperature", "document.querySelectorAll('#one canvas').length === 1"),
        ("quality", "/ui/quality/", "document.querySelectorAll('#dead-letters tbody tr').length === 20 && document.querySelectorAll('#hours canvas').length === 1"),
        ("pipeline", "/ui/pipeline/", "document.querySelectorAll('#sinks tbody tr').length > 1 && document.querySelectorAll('#lake tbody tr').length > 1"),
    ];

    [Test]
    public async Task Of_every_page_in_both_themes_at_both_widths()
    {
        await Stage.BrowserAsync();
        await using var platform = new Platform(new PlatformOptions { Port = 0 }, new Banner(TextWriter.Null, TimeProvider.System, Stopwatch.GetTimestamp()), TimeProvider.System);
        await platform.StartAsync(CancellationToken.None);
        var address = new Uri($"http://127.0.0.1:{platform.Port}");
        foreach (var (name, path, isThere) in Pages)
        {
            foreach (var (device, width) in new[] { ("desktop", 1380), ("phone", 390) })
            {
                await using var visit = await Visit.ToAsync(address, path, ColorScheme.Light, expectsFailures: true, width);
                await visit.UntilAsync(isThere);
                await visit.ScreenshotAsync($"{name}-{device}-light");
                await visit.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
                await visit.ScreenshotAsync($"{name}-{device}-dark");
            }
        }
    }
}
