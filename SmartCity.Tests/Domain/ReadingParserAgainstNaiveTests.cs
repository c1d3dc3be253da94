using System.Text;

using CsCheck;

using SmartCity.Domain.Readings;
using SmartCity.Tests.Golden;

namespace SmartCity.Tests.Domain;

public sealed class ReadingParserAgainstNaiveTests
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ":", ",", "\"", "\\", "null", "true", "0", "-0", "1e400", "-1e-400", "1E2", "0.1", "123456789012345678", "9007199254740993", "0.30000000000000004", "\"x\"", "\"\"", "{}", "[]",
        "{\"value\":1}", "{\"value\":null}", "{\"unit\":\"x\"}", "{\"value\":\"1\"}", "\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\u0041", "\\n", "\\/", "\u0080", "\u00a0", "😀", "\uFEFF", " ", "\n",
        "\"sensor_id\":", "\"sensor_type\":", "\"city\":", "\"district\":", "\"timestamp\":", "\"location\":", "\"metrics\":", "\"lat\":", "\"lon\":", "\"value\":", "\"pm25\":", "\"humidity\":", "\"voltage\":",
        "\"\\u0063ity\":", "\"sensor\\u005fid\":", "air_quality", "traffic", "__HIVE_DEFAULT_PARTITION__", "2026-01-15T14:03:27.512Z", "2026-02-30", "T24:", ":60", "+05:30", "-23:59", "+24:00", "Z", ".1234", "/", "%",
        "\"city\":\"x\",", "\"metrics\":{\"pm25\":1},", "\"timestamp\":\"2026-01-15T14:03Z\",", "\"location\":null,", "\"district\":7,", "\"sensor_id\":null,", "\"pm25\":\"x\",", "\"pm25\":3,", "\"humidity\":140,",
    ];

    private static readonly string[] Seeds =
    [
        ReadingTestData.Good,
        """{"sensor_id":"W-1","sensor_type":"weather","city":"Łódź","timestamp":"2026-01-15T14:03:27+01:00","metrics":{"wind_direction":{"value":360,"unit":"°"},"temperature":-3.25,"pressure":1013.25}}""",
        """{"metrics":{"power_consumption":-12.5,"voltage":230.1,"current":1e1,"power_factor":0.98},"city":"a\/b=\u00e9","district":"","location":null,"sensor_type":"energy","sensor_id":"E","timestamp":"1969-12-31T23:59:59.9999-08:00"}""",
        """{"sensor_id":"P","sensor_type":"parking","city":"c","district":null,"timestamp":"2026-01-15T14:03Z","metrics":{"total_spots":56,"occupied_spots":60,"available_spots":-4,"occupancy_rate":107.1},"extra":[1,{"a":"b"}]}""",
        """{"sensor_id":"T","sensor_type":"traffic","city":"東京","timestamp":"2026-01-15t14:03:27.5z","location":{"lat":-90,"lon":180.0},"metrics":{"vehicle_count":1,"average_speed":null,"congestion_level":{}}}""",
    ];

    /// <summary>A reading with up to six changes: pieces of JSON put in, bytes changed, ranges cut out or doubled.</summary>
    internal static readonly Gen<byte[]> Mutated = Gen.Select(
        Gen.Int[0, Seeds.Length - 1].Select(i => Seeds[i]),
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 10_000], Gen.Int[0, 30], Gen.Int[0, Pieces.Length - 1], Gen.Byte).Array[0, 6],
        (seed, changes) =>
        {
            var bytes = Encoding.UTF8.GetBytes(seed);
            foreach (var (kind, where, length, piece, value) in changes)
            {
                // Most pieces go in where a token ends, so that many results are still JSON.
                var at = bytes.Length == 0 ? 0 : where % bytes.Length;
                if (kind < 7)
                {
                    var boundary = bytes.AsSpan(at).IndexOfAny("{,:[\""u8);
                    at = boundary < 0 ? at : at + boundary + (kind < 5 ? 1 : 0);
                }

                var end = Math.Min(bytes.Length, at + length);
                bytes = kind switch
                {
                    < 6 => [.. bytes[..at], .. Encoding.UTF8.GetBytes(Pieces[piece]), .. bytes[at..]],
                    6 => [.. bytes[..at], .. Encoding.UTF8.GetBytes(Pieces[piece]), .. bytes[end..]],
                    7 => [.. bytes[..at], .. bytes[end..]],
                    8 => [.. bytes[..end], .. bytes[at..]],
                    _ => [.. bytes[..at], value, .. bytes[Math.Min(bytes.Length, at + 1)..]],
                };
            }

            return bytes;
        });

    private static readonly string[] AnyValue =
    [
        "null", "true", "0", "7.5", "-1e400", "1e400", "140", "\"\"", "\"x\"", "\"\\ud800\"", "\"a\\u0000\"", "\"\\ud83d\\ude00\"", "\"\\u0061ir_quality\"", "[]", "[1,[{}]]", "{}", "{\"value\":3}", "{\"value\":null}",
        "{\"value\":\"3\"}", "{\"value\":[1],\"value\":4}", "{\"lat\":1}", "{\"lat\":1,\"lon\":2}", "{\"lat\":1,\"lon\":181}", "\"2026-01-15T14:03:27\"", "\"2026-02-29T14:03:27Z\"", "\"0001-01-01T12:00:00Z\"", "\"traffic\"", "\"energy\"",
    ];

    private static readonly (string Name, string Value)[] Members =
    [
        ("sensor_id", "\"S\""), ("sensor_type", "\"air_quality\""), ("city", "\"Łódź\""), ("district", "\"d\""), ("timestamp", "\"2026-01-15T14:03:27.512+01:00\""), ("location", "{\"lon\":-180,\"lat\":90}"), ("metrics", ""),
        ("c\\u0069ty", "\"x\""), ("unknown", "1"), ("\\ud800", "1"),
    ];

    private static readonly string[] Metrics = ["pm25", "humidity", "co2", "voltage", "vehicle_count", "noise", "pm\\u00325"];

    /// <summary>JSON for sure: the contract's members in any order, left out, doubled, and with values of any kind.</summary>
    internal static readonly Gen<byte[]> Assembled = Gen.Select(
        Gen.Int[0, 6].Array[0, 3], // left out
        Gen.Select(Gen.Int[0, Members.Length - 1], Gen.Int[0, AnyValue.Length - 1], Gen.Bool).Array[0, 3], // put in besides, with any value or the good one
        Gen.Select(Gen.Int[0, Metrics.Length - 1], Gen.Int[-3, AnyValue.Length - 1]).Array[0, 5],
        Gen.Int,
        (leftOut, besides, metrics, seed) =>
        {
            var inside = "{" + string.Join(',', metrics.Select(metric => $"\"{Metrics[metric.Item1]}\":{(metric.Item2 < 0 ? "18.4" : AnyValue[metric.Item2])}")) + "}";
            string Member(int index, string? value) => $"\"{Members[index].Name}\":{value ?? (Members[index].Name == "metrics" ? inside : Members[index].Value)}";
            var members = Enumerable.Range(0, 7).Where(index => seed % 4 != 0 || !leftOut.Contains(index)).Select(index => Member(index, null))
                .Concat(besides.Select(extra => Member(extra.Item1, extra.Item3 ? null : AnyValue[extra.Item2]))).ToArray();
            new Random(seed).Shuffle(members);
            return Encoding.UTF8.GetBytes("{" + string.Join(',', members) + "}");
        });

    [Test]
    public void Changed_and_assembled_readings_get_the_same_verdict_and_the_same_values()
    {
        var parsers = new ThreadLocal<ReadingParser>(ReadingTestData.Parser);
        var verdicts = new int[Enum.GetValues<RejectReason>().Length];
        Gen.Frequency((10, Mutated), (10, Assembled), (1, Gen.OneOf([.. AnyValue.Select(value => Gen.Const(Encoding.UTF8.GetBytes(value)))]))).Sample(
            bytes =>
            {
                var (reason, field, expected) = NaiveReadingParser.Parse(bytes);
                Interlocked.Increment(ref verdicts[(int)reason]);
                var ok = parsers.Value!.TryParse(bytes, long.MaxValue, out var reading, out var rejection);
                return rejection.Reason == reason && ok == (reason == RejectReason.None) && (ok ? reading == expected : rejection.Field == field && rejection.Detail.Length is > 0 and < 300);
            },
            iter: 210_000,
            print: Encoding.UTF8.GetString);

        // Every rule was reached, but for those on size and record time.
        var missed = Enum.GetValues<RejectReason>().Except([RejectReason.Empty, RejectReason.TooLarge, RejectReason.TimestampInFuture]).Where(reason => verdicts[(int)reason] < 25);
        Assert.That(missed, Is.Empty, string.Join(", ", verdicts));
    }

    [TestCase("small-21")]
    [TestCase("synthetic-11")]
    [TestCase("aarhus-2014")]
    [TestCase("aberdeen-odd-days")]
    public void Recordings_get_the_same_verdict_and_the_same_values(string name)
    {
        var parser = ReadingTestData.Parser();
        foreach (var line in Recordings.Readings(name))
        {
            var (reason, field, expected) = NaiveReadingParser.Parse(line);
            parser.TryParse(line, long.MaxValue, out var reading, out var rejection);
            if (rejection.Reason != reason || reading != expected || (rejection.Field ?? "") != field)
            {
                Assert.Fail(Encoding.UTF8.GetString(line));
            }
        }
    }
}
