using System.Globalization;
using System.Text;

using CsCheck;

using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Domain;

public sealed class Rfc3339Tests
{
    [TestCase("1970-01-01T00:00:00Z", 0)]
    [TestCase("1970-01-01t00:00:00z", 0)]
    [TestCase("1970-01-01T05:30:00.001+05:30", 1)]
    [TestCase("1969-12-31T16:00:00-08:00", 0)]
    [TestCase("1970-01-01T00:00:00-00:00", 0)]
    [TestCase("1970-01-01T23:59:00+23:59", 0)]
    [TestCase("1970-01-01T05:31+05:30", 60_000)]
    [TestCase("1970-01-01T00:00Z", 0)]
    [TestCase("1970-01-01T00:00:00.5Z", 500)]
    [TestCase("1970-01-01T00:00:00.0019Z", 1)]
    [TestCase("1970-01-01T00:00:00.999999999999999999999999999999999Z", 999)]
    [TestCase("1969-12-31T23:59:59.9999Z", -1)]
    [TestCase("1969-12-31T23:59:59.0001Z", -1000)]
    [TestCase("2000-02-29T00:00:00Z", 951_782_400_000)]
    [TestCase("2026-01-15T14:03:27.512Z", 1_768_485_807_512)]
    [TestCase("0001-01-01T00:00:00Z", -62_135_596_800_000)]
    [TestCase("9999-12-31T23:59:59.999Z", 253_402_300_799_999)]
    public void Read(string text, long ms)
    {
        Assert.That(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out var read), Is.EqualTo(TimestampFormat.WithOffset));
        Assert.That(read, Is.EqualTo(ms));
    }

    [TestCase("")]
    [TestCase("2026-01-15")]
    [TestCase("2026-01-15T14:03.5Z")]
    [TestCase("2026-01-15T14Z")]
    [TestCase("2026-01-15T14:03:Z")]
    [TestCase("2026-01-15T14:03:2")]
    [TestCase("2026-01-15 14:03:27Z")]
    [TestCase("2026-01-15T14:03:27.Z")]
    [TestCase("2026-01-15T14:03:27,5Z")]
    [TestCase("2026-01-15T14:03:60Z")]
    [TestCase("2016-12-31T23:59:60Z")]
    [TestCase("2026-01-15T24:00:00Z")]
    [TestCase("2026-01-15T14:60:27Z")]
    [TestCase("2026-13-15T14:03:27Z")]
    [TestCase("2026-00-15T14:03:27Z")]
    [TestCase("2026-02-29T14:03:27Z")]
    [TestCase("2026-01-00T14:03:27Z")]
    [TestCase("0000-01-15T14:03:27Z")]
    [TestCase("0001-01-01T00:00:00+00:01")]
    [TestCase("9999-12-31T23:59:59-00:01")]
    [TestCase("12026-01-15T14:03:27Z")]
    [TestCase("+2026-01-15T14:03:27Z")]
    [TestCase("2026-1-15T14:03:27Z")]
    [TestCase("2026-01-15T14:03:27+0100")]
    [TestCase("2026-01-15T14:03:27+01")]
    [TestCase("2026-01-15T14:03:27+24:00")]
    [TestCase("2026-01-15T14:03:27+01:60")]
    [TestCase("2026-01-15T14:03:27+01:00:00")]
    [TestCase("2026-01-15T14:03:27ZZ")]
    [TestCase("2026-01-15T14:03:27Z ")]
    [TestCase(" 2026-01-15T14:03:27Z")]
    [TestCase("2026-01-15T14:03:27.5 Z")]
    [TestCase("20२6-01-15T14:03:27Z")]
    [TestCase("2026-01-15T14:03:27Zgarbage")]
    public void Not_read(string text) => Assert.That(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out _), Is.EqualTo(TimestampFormat.Invalid));

    [TestCase("2026-01-15T14:03:27.512")]
    [TestCase("2026-01-15T14:03:27")]
    public void Without_an_offset_it_is_read_as_UTC_and_said_so(string text)
    {
        Assert.That(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out var ms), Is.EqualTo(TimestampFormat.WithoutOffset));
        Assert.That(ms / 1000, Is.EqualTo(1_768_485_807));
    }

    [Test]
    public void Every_instant_written_by_dotnet_with_any_offset_is_read_as_that_instant()
        => Gen.Select(Gen.Long[Rfc3339.MinMs + 86_400_000, Rfc3339.MaxMs - 86_400_000], Gen.Int[-14 * 60, 14 * 60]).Sample((ms, offset) =>
        {
            var text = DateTimeOffset.FromUnixTimeMilliseconds(ms).ToOffset(TimeSpan.FromMinutes(offset)).ToString("O", CultureInfo.InvariantCulture);
            return Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out var read) == TimestampFormat.WithOffset && read == ms;
        });

    [Test]
    public void What_is_written_is_read_back()
        => Gen.Long[Rfc3339.MinMs, Rfc3339.MaxMs].Sample(ms => Rfc3339.TryParse(Encoding.UTF8.GetBytes(Rfc3339.Format(ms)), out var read) == TimestampFormat.WithOffset && read == ms);

    [TestCase(0, "1970-01-01T00:00:00Z")]
    [TestCase(1_768_485_807_512, "2026-01-15T14:03:27.512Z")]
    public void Written(long ms, string text) => Assert.That(Rfc3339.Format(ms), Is.EqualTo(text));
}
