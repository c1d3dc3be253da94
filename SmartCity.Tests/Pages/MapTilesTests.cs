using SmartCity.Domain.Configuration;
using SmartCity.Tests.Api;

namespace SmartCity.Tests.Pages;

/// <summary>The map asks a server of tiles only where one is configured, and the browser is allowed just that one.</summary>
internal sealed class MapTilesTests
{
    [Test]
    public async Task Without_a_server_of_tiles_every_page_is_held_to_its_own_origin()
    {
        await using var api = await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite));
        using var answer = await api.Client.GetAsync("/ui/map/");
        Assert.Multiple(async () =>
        {
            Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'self';").And.Not.Contain("img-src"));
            Assert.That((await api.JsonAsync("/ui/map/tiles.json")).GetProperty("url").GetString(), Is.Null);
        });
    }

    [Test]
    public async Task With_one_the_map_alone_may_take_pictures_from_it()
    {
        await using var api = await ApiUnderTest.StartAsync(
            await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ("Api:Tiles:Url", "https://tiles.example/{z}/{x}/{y}.png"), ("Api:Tiles:Attribution", "© Example"));
        using var map = await api.Client.GetAsync("/ui/map/");
        using var overview = await api.Client.GetAsync("/ui/");
        Assert.Multiple(async () =>
        {
            Assert.That(map.Headers.GetValues("Content-Security-Policy").Single(), Does.Contain("img-src 'self' data: https://tiles.example"));
            Assert.That(overview.Headers.GetValues("Content-Security-Policy").Single(), Does.Not.Contain("tiles.example"));
            Assert.That((await api.JsonAsync("/ui/map/tiles.json")).GetProperty("attribution").GetString(), Is.EqualTo("© Example"));
        });
    }

    [TestCase("https://tiles.example/")]
    [TestCase("ftp://tiles.example/{z}/{x}/{y}.png")]
    [TestCase("/{z}/{x}/{y}.png")]
    public void An_address_that_names_no_tiles_stops_the_start(string url) => Assert.That(
        async () => await ApiUnderTest.StartAsync(await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite), ("Api:Tiles:Url", url)),
        Throws.TypeOf<ConfigurationException>());
}
