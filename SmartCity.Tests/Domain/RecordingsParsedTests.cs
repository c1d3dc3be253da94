using SmartCity.Tests.Golden;

namespace SmartCity.Tests.Domain;

/// <summary>Each recording has as many valid and invalid readings for us as for the Kafka Streams programme that made the goldens.</summary>
public sealed class RecordingsParsedTests
{
    [TestCase("small-21", 2913, 87)]
    [TestCase("synthetic-11", 19_511, 489)]
    [TestCase("synthetic-12", 19_498, 502)]
    [TestCase("aarhus-2014", 138_066, 1160)]
    [TestCase("aberdeen-odd-days", 5850, 3)]
    [TestCase("almeria-energy-1hz", 9704, 0)]
    public void Valid_and_invalid_readings(string name, int valid, int invalid)
    {
        var parser = ReadingTestData.Parser();
        var counts = new int[2];
        foreach (var line in Recordings.Readings(name))
        {
            counts[parser.TryParse(line, long.MaxValue, out _, out _) ? 0 : 1]++;
        }

        Assert.That(counts, Is.EqualTo(new[] { valid, invalid }));
    }
}
