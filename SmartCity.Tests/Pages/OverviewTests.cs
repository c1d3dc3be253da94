using Microsoft.Playwright;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Readings;
using SmartCity.Tests.Api;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Pages;

/// <summary>The overview in a real Chromium, on a database whose rows the test knows.</summary>
internal sealed class OverviewTests
{
    private static readonly string[] Types = [.. SensorTypes.All.Select(type => type.Name)];

    [Test]
    public async Task It_shows_numbers_and_a_chart_for_each_type()
    {
        var api = await Stage.SeededAsync();
        await using var visit = await Visit.ToAsync(api.Address, "/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.UntilAsync("document.querySelectorAll('.card[data-type] canvas').length === 5");
        await visit.TextAsync("#live", text => text == "90", "is 90");
        Assert.Multiple(async () =>
        {
            Assert.That(await visit.Page.EvalOnSelectorAllAsync<string[]>(".card[data-type]", "cards => cards.map(card => card.dataset.type)"), Is.EqualTo(Types));
            Assert.That(await visit["#live-note"].TextContentAsync(), Is.EqualTo("of 100 · 5 late · 5 silent"));
            Assert.That(await visit["#watermark-note"].TextContentAsync(), Does.StartWith("at "));
            Assert.That(await visit.Page.EvalOnSelectorAllAsync<string[]>(".chip", "chips => chips.map(chip => chip.children[1].textContent)"), Is.EquivalentTo(SeededCity.Cities));
            Assert.That(await visit.Page.EvaluateAsync<bool>(InkIsDrawn), "the first chart has drawn lines");
        });
    }

    [Test]
    public async Task A_window_that_changes_appears_without_reloading()
    {
        var api = await Stage.SeededAsync();
        await using var visit = await Visit.ToAsync(api.Address, "/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.UntilAsync("document.querySelectorAll('.card[data-type] canvas').length === 5");
        await visit.TextAsync("#live", text => text == "90", "is 90"); // listening
        await visit["[data-type=air_quality] summary"].ClickAsync();
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var window = SeededCity.Window(SensorTypes.Of(SensorType.AirQuality), 0, new DateTime(now.Ticks - (now.Ticks % TimeSpan.TicksPerMinute), DateTimeKind.Utc).AddMinutes(1), isFinal: false);
        window["avg_pm25"] = 777.0;
        window.ProcessingTime = now.AddSeconds(1);
        await api.StoreAsync(SensorType.AirQuality, window);
        await visit.TextAsync("[data-type=air_quality] tbody", text => text.Contains("777 open", StringComparison.Ordinal), "has the new value");
    }

    [Test]
    public async Task A_window_that_has_only_just_begun_is_not_drawn_yet()
    {
        var api = await Stage.SeededAsync();
        await using var visit = await Visit.ToAsync(api.Address, "/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.UntilAsync("document.querySelectorAll('.card[data-type] canvas').length === 5");
        await visit.TextAsync("#live", text => text == "90", "is 90"); // listening
        await visit["[data-type=weather] summary"].ClickAsync();
        await visit["[data-type=parking] summary"].ClickAsync();
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var start = new DateTime(now.Ticks - (now.Ticks % TimeSpan.TicksPerMinute), DateTimeKind.Utc).AddMinutes(1);
        foreach (var (type, metric, readings) in new[] { (SensorType.Weather, "temperature", 2), (SensorType.Parking, "occupancy_rate", 12) })
        {
            var window = SeededCity.Window(SensorTypes.Of(type), 1, start, isFinal: false);
            window["avg_" + metric] = 888.0;
            window.ReadingCount = readings; // those before it have 58
            window.ProcessingTime = now.AddSeconds(1);
            await api.StoreAsync(type, window);
        }

        await visit.TextAsync("[data-type=parking] tbody", text => text.Contains("888 open", StringComparison.Ordinal), "has the one with readings enough");
        await visit.UntilAsync("document.querySelector('[data-type=weather] tbody th').textContent === document.querySelector('[data-type=parking] tbody th').textContent"); // the time of the other is there
        Assert.That(await visit["[data-type=weather] tbody"].TextContentAsync(), Does.Not.Contain("888"));
    }

    [Test]
    public async Task A_chart_can_be_walked_with_the_keyboard_and_read_as_a_table()
    {
        var api = await Stage.SeededAsync();
        await using var visit = await Visit.ToAsync(api.Address, "/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.UntilAsync("document.querySelectorAll('.card[data-type] canvas').length === 5");
        var chart = visit["[data-type=traffic] .plot"];
        await chart.FocusAsync();
        await visit.Page.Keyboard.PressAsync("Home");
        await Eventually.IsTrueAsync(async () => await chart.GetAttributeAsync("aria-valuenow") == "0", "the cursor is at the first window");
        await visit.Page.Keyboard.PressAsync("PageDown");
        await visit.Page.Keyboard.PressAsync("ArrowRight");
        await Eventually.IsTrueAsync(async () => await chart.GetAttributeAsync("aria-valuenow") == "16", "the cursor has moved by 16 windows");
        string? told = await chart.GetAttributeAsync("aria-valuetext");
        Assert.That(told, Does.Match("Warsaw [0-9.]+").And.Match("Łódź [0-9.]+"));
        await visit["[data-type=traffic] summary"].ClickAsync();
        await visit.UntilAsync("document.querySelectorAll('[data-type=traffic] tbody tr').length === 60");
    }

    [Test]
    public async Task A_gap_stays_a_gap()
    {
        var api = await Stage.SeededAsync();
        await using var visit = await Visit.ToAsync(api.Address, "/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.UntilAsync("document.querySelectorAll('.card[data-type] canvas').length === 5");
        await visit["[data-type=energy] summary"].ClickAsync();

        // Gdańsk has no window from the 41st to the 54th minute; the others have.
        await visit.UntilAsync("document.querySelectorAll('[data-type=energy] tbody tr').length === 60");
        var gaps = await visit.Page.EvaluateAsync<int[]>("""
            (() => {
              const heads = [...document.querySelectorAll('[data-type=energy] thead th')].map((head) => head.textContent);
              const rows = [...document.querySelectorAll('[data-type=energy] tbody tr')];
              return heads.slice(1).map((head, index) => rows.filter((row) => row.cells[index + 1].textContent === '–').length * (head.startsWith('Gdańsk') ? 1 : 1000));
            })()
            """);
        Assert.That(gaps.Sum(), Is.EqualTo(14));
    }

    [Test]
    public async Task With_nothing_to_show_it_says_what_to_do_and_fills_by_itself()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        await using var visit = await Visit.ToAsync(api.Address, "/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.TextAsync("#notice", text => text.Contains("dotnet run --project SmartCity.Simulator", StringComparison.Ordinal), "names the simulator's command");
        await visit.TextAsync("#status", text => text is not "Connecting…", "listens");
        await api.SeedAsync(TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30));
        await visit.UntilAsync("document.querySelectorAll('.card[data-type] canvas').length === 5 && document.getElementById('notice').hidden");
    }

    [Test]
    public async Task When_the_last_data_is_old_it_leads_there()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        await api.SeedAsync(TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-3));
        await using var visit = await Visit.ToAsync(api.Address, "/", ColorScheme.Light, expectsFailures: true, width: 1380);
        await visit.TextAsync("#notice", text => text.Contains("3 h ago", StringComparison.Ordinal), "says how old the data is");
        await visit["#notice button"].ClickAsync();
        await visit.UntilAsync("document.querySelectorAll('.card[data-type] canvas').length === 5");
        Assert.That(visit.Page.Url, Does.Contain("anchor=latest"));
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
}
