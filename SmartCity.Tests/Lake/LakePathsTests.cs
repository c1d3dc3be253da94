using System.Text;

using CsCheck;

using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;

namespace SmartCity.Tests.Lake;

public sealed class LakePathsTests
{
    private const long Time = 1_768_485_807_512; // 2026-01-15T14:03:27.512Z

    private static readonly Gen<string> Name = Gen.OneOf(
            Gen.Char["\"#%'*/:=?\\{[]^}.-_ 2F0aż東"].Array[1, 20].Select(chars => new string(chars)),
            Gen.Int[0x20, 0x10FFFF].Where(Rune.IsValid).Select(code => new Rune(code).ToString()).Array[1, 20].Select(string.Concat))
        .Where(Names.IsValid);

    [Test]
    public void Folders_and_names_are_as_documented()
    {
        Assert.Multiple(() =>
        {
            Assert.That(LakePaths.HourFolder(LakePaths.Raw, SensorType.AirQuality, "Warsaw", Time), Is.EqualTo("raw-data/sensor_type=air_quality/city=Warsaw/year=2026/month=01/day=15/hour=14/"));
            Assert.That(LakePaths.DayFolder(LakePaths.Aggregated, SensorType.Traffic, "São Paulo", Time), Is.EqualTo("aggregated-data/sensor_type=traffic/city=São Paulo/year=2026/month=01/day=15/"));
            Assert.That(LakePaths.BatchName("smart-city-sensors", 3, 918, "parquet"), Is.EqualTo("smart-city-sensors-3-00000000000000000918.parquet"));
            Assert.That(LakePaths.ReadingName("AQ/1", Time, 3, 918), Is.EqualTo("AQ%2F1_20260115T140327.512Z_3-918.json"));
            Assert.That(LakePaths.HourFolder(LakePaths.Raw, SensorType.Energy, "x", -1), Does.EndWith("/year=1969/month=12/day=31/hour=23/"));
            Assert.That(LakePaths.HourFolder(LakePaths.Raw, SensorType.Energy, "x", Rfc3339.MinMs), Does.EndWith("/year=0001/month=01/day=01/hour=00/"));
        });
    }

    [TestCase("a/b=c%25", "a%2Fb%3Dc%2525")]
    [TestCase("../../x", "..%2F..%2Fx")]
    [TestCase("\"#%'*/:=?\\{[]^", "%22%23%25%27%2A%2F%3A%3D%3F%5C%7B%5B%5D%5E")]
    [TestCase("}!$&()+,-.;<>@_`|~ é東😀", "}!$&()+,-.;<>@_`|~ é東😀")]
    public void Escaped_as_Hive_does_and_nothing_else(string name, string escaped)
    {
        Assert.That(HivePath.Escape(name), Is.EqualTo(escaped));
        Assert.That(HivePath.Unescape(escaped), Is.EqualTo(name));
    }

    [TestCase("100%", "100%")]
    [TestCase("%2", "%2")]
    [TestCase("%zz%2f", "%zz/")]
    public void A_percent_that_escapes_nothing_stays(string escaped, string name) => Assert.That(HivePath.Unescape(escaped), Is.EqualTo(name));

    [Test]
    public void Every_valid_name_stays_in_its_folder_fits_a_segment_and_is_read_back()
        => Gen.Select(Name, Name, Gen.Enum<SensorType>(), Gen.Long[Rfc3339.MinMs, Rfc3339.MaxMs], Gen.Bool).Sample((city, sensor, type, time, hourly) =>
        {
            var name = hourly ? LakePaths.ReadingName(sensor, time, 99_999, long.MaxValue) : LakePaths.BatchName("a-1.b_c", 7, time & long.MaxValue, "parquet");
            var key = (hourly ? LakePaths.HourFolder(LakePaths.Raw, type, city, time) : LakePaths.DayFolder(LakePaths.Aggregated, type, city, time)) + name;
            Assert.That(key.Split('/'), Has.Length.EqualTo(hourly ? 8 : 7));
            Assert.That(key.Split('/').Max(Encoding.UTF8.GetByteCount), Is.LessThanOrEqualTo(255));
            Assert.That(() => LakeKeys.Validate(key), Throws.Nothing);

            Assert.That(LakePath.TryParse(key, out var path), Is.True, key);
            Assert.That((path!.Type, path.City, path.Name, path.IsHour, path.Key), Is.EqualTo((type, city, name, hourly, key)));
            Assert.That(time, Is.GreaterThanOrEqualTo(path.FromMs).And.LessThan(path.ToMs));
            if (hourly)
            {
                Assert.That(LakeReadingName.TryParse(name, out var reading), Is.True, name);
                Assert.That(reading, Is.EqualTo(new LakeReadingName(sensor, time, 99_999, long.MaxValue)));
            }
            else
            {
                Assert.That(LakeObjectName.TryParse(name, out var batch), Is.True, name);
                Assert.That(batch, Is.EqualTo(new LakeObjectName("a-1.b_c", 7, time & long.MaxValue, "parquet")));
            }
        });

    [Test]
    public void The_longest_valid_names_still_fit()
    {
        var sensor = new string('é', 100);
        Assert.That(Names.IsValid(sensor), Is.True);
        Assert.That(Encoding.UTF8.GetByteCount(LakePaths.ReadingName(sensor, Time, 99_999, long.MaxValue)), Is.LessThanOrEqualTo(255));
    }

    [Test]
    public void Different_names_have_different_folders()
        => Gen.Select(Name, Name).Sample((one, other) => (one == other) == (HivePath.Escape(one) == HivePath.Escape(other)));

    [TestCase("")]
    [TestCase("raw-data")]
    [TestCase("raw-data/sensor_type=noise/city=W/year=2026/month=01/day=15/hour=14/x")]
    [TestCase("raw-data/sensor_type=traffic/city=/year=2026/month=01/day=15/hour=14/x")]
    [TestCase("raw-data/sensor_type=traffic/city=W/year=2026/month=1/day=15/hour=14/x")]
    [TestCase("raw-data/sensor_type=traffic/city=W/year=2026/month=02/day=30/hour=14/x")]
    [TestCase("raw-data/sensor_type=traffic/city=W/year=2026/month=01/day=15/hour=24/x")]
    [TestCase("raw-data/sensor_type=traffic/city=W/year=2026/month=01/day=15/hour=14/")]
    [TestCase("raw-data/sensor_type=traffic/city=W/year=2026/month=01/day=15/hour=14/x/y")]
    [TestCase("raw-data/sensor_type=traffic/city=a:b/year=2026/month=01/day=15/hour=14/x")]
    [TestCase("raw-data/sensor_type=traffic/city=a%2fb/year=2026/month=01/day=15/hour=14/x")]
    [TestCase("raw-data/sensor_type=traffic/city=%00/year=2026/month=01/day=15/hour=14/x")]
    [TestCase("raw-data/sensor_type=traffic/city=__HIVE_DEFAULT_PARTITION__/year=2026/month=01/day=15/hour=14/x")]
    public void Other_keys_are_not_ours(string key) => Assert.That(LakePath.TryParse(key, out _), Is.False);

    [TestCase("t-0-918.parquet")]
    [TestCase("t-00-00000000000000000918.parquet")]
    [TestCase("t-0-99999999999999999999.parquet")]
    [TestCase("-0-00000000000000000918.parquet")]
    [TestCase("00000000000000000918.parquet")]
    [TestCase("t-0-00000000000000000918.parquet\n")]
    public void Other_object_names_are_not_ours(string name) => Assert.That(LakeObjectName.TryParse(name, out _), Is.False);

    [TestCase("_20260115T140327.512Z_3-918.json")]
    [TestCase("s_20260115T140327Z_3-918.json")]
    [TestCase("s_20261315T140327.512Z_3-918.json")]
    [TestCase("s_20260115T140327.512Z_03-918.json")]
    [TestCase("a:b_20260115T140327.512Z_3-918.json")]
    public void Other_reading_names_are_not_ours(string name) => Assert.That(LakeReadingName.TryParse(name, out _), Is.False);
}
