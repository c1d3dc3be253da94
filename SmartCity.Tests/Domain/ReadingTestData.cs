using System.Text;

using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Domain;

/// <summary>A good reading to change in one place, and a parser that takes any record timestamp for later than every event.</summary>
internal static class ReadingTestData
{
    public const string Good = """
        {"sensor_id":"AQ-1","sensor_type":"air_quality","city":"Warsaw","district":"Wola","timestamp":"2026-01-15T14:03:27.512Z","location":{"lat":52.2,"lon":21.0},"metrics":{"pm25":18.4,"humidity":81}}
        """;

    /// <summary>2026-01-15T14:03:27.512Z.</summary>
    public const long GoodTimestampMs = 1_768_485_807_512;

    public static ReadingParser Parser() => new(new ReadingRules());

    /// <summary>Null when the reading is valid, else why it is not.</summary>
    public static Rejection? Judge(byte[] json, out Reading reading, ReadingRules? rules = null)
        => new ReadingParser(rules ?? new ReadingRules()).TryParse(json, long.MaxValue, out reading, out var rejection) ? null : rejection;

    public static Rejection? Judge(string json, out Reading reading) => Judge(Encoding.UTF8.GetBytes(json), out reading);

    public static Reading Accept(string json)
    {
        var rejection = Judge(json, out var reading);
        Assert.That(rejection, Is.Null, json);
        return reading;
    }

    public static Rejection Refuse(string json)
    {
        var rejection = Judge(json, out _);
        Assert.That(rejection, Is.Not.Null, json);
        return rejection!.Value;
    }

    /// <summary>The good reading with one piece of its text replaced.</summary>
    public static string With(string old, string replacement)
    {
        var changed = Good.Replace(old, replacement, StringComparison.Ordinal);
        Assert.That(changed, Is.Not.EqualTo(Good), "nothing was replaced");
        return changed;
    }
}
