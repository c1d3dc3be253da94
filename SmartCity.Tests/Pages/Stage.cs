using System.Diagnostics;

using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;

using SmartCity.AppHost.Hosting;
using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Tests.Api;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Pages;

/// <summary>What the tests of the pages share: one browser, one embedded platform with a live city, and one API over rows that the tests know. Each is started by the first test that needs it.</summary>
internal static class Stage
{
    private static readonly PlatformOptions Options = new() { Port = 0, Rate = 20, Sensors = 100, History = TimeSpan.FromMinutes(30) };
    private static readonly SemaphoreSlim Gate = new(1, 1);

    private static IPlaywright? s_playwright;
    private static IBrowser? s_browser;
    private static Platform? s_platform;
    private static ApiUnderTest? s_seeded;

    /// <summary>A real Chromium.</summary>
    public static async Task<IBrowser> BrowserAsync()
    {
        await Gate.WaitAsync();
        try
        {
            string program = Scratch.Program("chromium", "CHROMIUM") ?? throw TestServers.Missing("Chromium is not installed (apt-get install chromium, or set CHROMIUM).");
            s_playwright ??= await Playwright.CreateAsync();
            if (s_browser is { IsConnected: false })
            {
                s_browser = null; // the machine ended it for want of memory: that is one test's misfortune, not everyone's
            }

            return s_browser ??= await s_playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = program,
                Args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
            });
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>The address of a platform whose city lives.</summary>
    public static async Task<Uri> CityAsync()
    {
        await Gate.WaitAsync();
        try
        {
            if (s_platform is null)
            {
                var platform = new Platform(Options, new Banner(TextWriter.Null, TimeProvider.System, Stopwatch.GetTimestamp()), TimeProvider.System);
                await platform.StartAsync(CancellationToken.None);
                s_platform = platform;
            }

            return new Uri($"http://127.0.0.1:{s_platform.Port}");
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>The broker of that platform, once it is there.</summary>
    public static string Broker => s_platform!.BootstrapServers;

    /// <summary>An API on <see cref="SeededCity"/>. Whoever adds to it must not get in the others' way.</summary>
    public static async Task<ApiUnderTest> SeededAsync()
    {
        await BrowserAsync();
        await Gate.WaitAsync();
        try
        {
            if (s_seeded is null)
            {
                var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
                var now = TimeProvider.System.GetUtcNow().UtcDateTime;
                await api.SeedAsync(now);
                await using var context = api.Database.CreateContext();

                // Sensors that measure so rarely stay live however long the tests take.
                await context.Sensors.Where(sensor => sensor.LastSeen > now.AddMinutes(-1)).ExecuteUpdateAsync(set => set.SetProperty(sensor => sensor.IntervalMs, 600_000));
                s_seeded = api;
            }

            return s_seeded;
        }
        finally
        {
            Gate.Release();
        }
    }

    public static async Task StopAsync()
    {
        if (s_browser is not null)
        {
            await s_browser.DisposeAsync();
        }

        s_playwright?.Dispose();
        if (s_seeded is not null)
        {
            await s_seeded.DisposeAsync();
        }

        if (s_platform is not null)
        {
            await s_platform.DisposeAsync();
        }
    }
}
