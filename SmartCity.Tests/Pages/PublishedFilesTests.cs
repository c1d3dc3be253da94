using System.Security.Cryptography;

using SmartCity.Tests.Support;

namespace SmartCity.Tests.Pages;

/// <summary>What others have written lies here as they published it.</summary>
internal sealed class PublishedFilesTests
{
    [TestCase("inter/5.3.0/LICENSE", "3b0a5fca3d17942cde889069889dedbbbd075e9b599968c82a95f4d944e9b345")]
    [TestCase("inter/5.3.0/inter-latin-ext-wght-normal.woff2", "34b9c504cab7a73e37b746343a449132e56cf7b5481af2cb81dc74dcff25c956")]
    [TestCase("inter/5.3.0/inter-latin-wght-normal.woff2", "3100e775e8616cd2611beecfa23a4263d7037586789b43f035236a2e6fbd4c62")]
    [TestCase("leaflet/1.9.4/LICENSE", "53e8dc25862014e4324741ca18fbe3611e11d42ef69f59f86ea8c5389647d4cb")]
    [TestCase("leaflet/1.9.4/leaflet.css", "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6")]
    [TestCase("leaflet/1.9.4/leaflet.js", "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a")]
    [TestCase("topojson-client/3.1.0/LICENSE", "4c4d15b635e04e691825a76db7d33f7f2033b55669a7430011694f31e6c65999")]
    [TestCase("topojson-client/3.1.0/topojson-client.min.js", "25cd02ae486cc5063e0215a4e4cfb15de83700c87ac48bac4d57dc6aaf3ebb89")]
    [TestCase("uplot/1.6.32/LICENSE", "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd")]
    [TestCase("uplot/1.6.32/uPlot.esm.js", "5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba")]
    [TestCase("uplot/1.6.32/uPlot.min.css", "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04")]
    [TestCase("world-atlas/2.0.2/LICENSE", "8048290dfdb6e83fbed17e8985c8cfc4ce9da9b842642f3d3e497280790cfa31")]
    [TestCase("world-atlas/2.0.2/countries-50m.json", "04342cdc1e3016bcd7db1630de95684d67b79fe3c8c460321e87aef469502394")]
    public void A_library_of_the_pages_is_the_one_published(string file, string sha256)
    {
        byte[] bytes = File.ReadAllBytes(Repository.Path("SmartCity.Api/wwwroot/lib/" + file));
        Assert.That(Convert.ToHexStringLower(SHA256.HashData(bytes)), Is.EqualTo(sha256));
    }

    [Test]
    public void Every_library_is_checked_and_has_its_licence()
    {
        string folder = Repository.Path("SmartCity.Api/wwwroot/lib");
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/')).ToList();
        var method = typeof(PublishedFilesTests).GetMethod(nameof(A_library_of_the_pages_is_the_one_published))!;
        var known = method.GetCustomAttributes(typeof(TestCaseAttribute), inherit: false).Cast<TestCaseAttribute>().Select(test => (string)test.Arguments[0]!);
        Assert.Multiple(() =>
        {
            Assert.That(files, Is.EquivalentTo(known));
            Assert.That(files.Select(file => Path.GetDirectoryName(file)!.Replace('\\', '/')).Distinct().Select(library => library + "/LICENSE"), Is.SubsetOf(files));
        });
    }
}
