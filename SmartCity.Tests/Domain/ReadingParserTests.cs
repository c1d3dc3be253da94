using System.Text;

using SmartCity.Domain.Readings;

using static SmartCity.Tests.Domain.ReadingTestData;

namespace SmartCity.Tests.Domain;

public sealed class ReadingParserTests
{
    [Test]
    public void A_good_reading_is_read_as_it_stands()
    {
        var reading = Accept(Good);
        Assert.Multiple(() =>
        {
            Assert.That(reading.Type, Is.EqualTo(SensorType.AirQuality));
            Assert.That(reading.SensorId, Is.EqualTo("AQ-1"));
            Assert.That(reading.City, Is.EqualTo("Warsaw"));
            Assert.That(reading.District, Is.EqualTo("Wola"));
            Assert.That(reading.TimestampMs, Is.EqualTo(GoodTimestampMs));
            Assert.That(reading.Latitude, Is.EqualTo(52.2));
            Assert.That(reading.Longitude, Is.EqualTo(21.0));
            Assert.That(reading.Metrics[0], Is.EqualTo(18.4));
            Assert.That(reading.Metrics[1], Is.Null);
            Assert.That(reading.Metrics[5], Is.EqualTo(81));
        });
    }

    [Test]
    public void Every_type_and_metric_of_the_contract_is_known_at_both_ends_of_its_range()
    {
        // The contract's table, written out once more.
        var ranges = new Dictionary<string, (string Metric, string Min, string Max, string Below, string Above)[]>
        {
            ["air_quality"] =
            [
                ("pm25", "0", "2000", "-1e-9", "2000.0001"), ("pm10", "0", "5000", "-1", "5001"), ("no2", "0", "5000", "-1", "5001"), ("co2", "0", "50000", "-1", "50001"),
                ("temperature", "-90", "70", "-90.1", "70.1"), ("humidity", "0", "100", "-1", "140"),
            ],
            ["traffic"] = [("vehicle_count", "0", "100000", "-1", "100001"), ("average_speed", "0", "300", "-1", "301"), ("congestion_level", "0", "10", "-1", "10.01")],
            ["parking"] =
            [
                ("total_spots", "0", "1e6", "-1", "1000001"), ("occupied_spots", "0", "1e6", "-1", "1e7"), ("available_spots", "-1e6", "1000000", "-1000001", "1000001"),
                ("occupancy_rate", "0", "200", "-1", "201"),
            ],
            ["weather"] =
            [
                ("temperature", "-90", "70", "-91", "71"), ("humidity", "0", "100", "-1", "101"), ("pressure", "300", "1100", "299", "1101"), ("wind_speed", "0", "120", "-1", "121"),
                ("wind_direction", "0", "360", "-1", "360.5"), ("precipitation", "0", "1000", "-1", "1001"),
            ],
            ["energy"] =
            [
                ("power_consumption", "-1e6", "1e6", "-1e6000", "1e6000"), ("voltage", "0", "1e6", "-1", "1e7"), ("current", "-1e5", "1E+5", "-100001", "100001"),
                ("power_factor", "-1", "1.0", "-1.01", "1.01"),
            ],
        };
        Assert.That(SensorTypes.All.Select(type => type.Name), Is.EqualTo(ranges.Keys));
        foreach (var (type, metrics) in ranges)
        {
            Assert.That(SensorTypes.All.Single(known => known.Name == type).Metrics.Select(metric => metric.Name), Is.EqualTo(metrics.Select(metric => metric.Metric)));
            for (var i = 0; i < metrics.Length; i++)
            {
                var (metric, min, max, below, above) = metrics[i];
                string Of(string value) => $$"""{"sensor_id":"s","sensor_type":"{{type}}","city":"c","timestamp":"2026-01-15T14:03:27Z","metrics":{"{{metric}}":{{value}} } }""";
                Assert.That(Accept(Of(min)).Metrics[i], Is.EqualTo(double.Parse(min, System.Globalization.CultureInfo.InvariantCulture)));
                Assert.That(Accept(Of(max)).Metrics[i], Is.EqualTo(double.Parse(max, System.Globalization.CultureInfo.InvariantCulture)));
                foreach (var outside in new[] { below, above })
                {
                    var expected = outside.Contains("6000", StringComparison.Ordinal) ? RejectReason.MetricNotANumber : RejectReason.MetricOutOfRange;
                    Assert.That(Refuse(Of(outside)), Has.Property("Reason").EqualTo(expected).And.Property("Field").EqualTo("metrics." + metric));
                }
            }
        }
    }

    private static IEnumerable<TestCaseData> GoodOnes()
    {
        static TestCaseData Case(string name, string json) => new TestCaseData(json).SetArgDisplayNames(name);
        yield return Case("whitespace around it", " \r\n\t" + Good + " \n");
        yield return Case("no district", With("\"district\":\"Wola\",", ""));
        yield return Case("district null", With("\"Wola\"", "null"));
        yield return Case("district empty", With("\"Wola\"", "\"\""));
        yield return Case("no location", With("\"location\":{\"lat\":52.2,\"lon\":21.0},", ""));
        yield return Case("location null", With("{\"lat\":52.2,\"lon\":21.0}", "null"));
        yield return Case("location on the globe's edges", With("{\"lat\":52.2,\"lon\":21.0}", "{\"lat\":-90,\"lon\":180,\"alt\":[1,{}]}"));
        yield return Case("a later location heals a bad one", With("\"location\":", "\"location\":[1,2],\"location\":"));
        yield return Case("a later lat heals a bad one", With("{\"lat\":52.2", "{\"lat\":\"x\",\"lat\":52.2"));
        yield return Case("unknown fields of every type", With("\"city\"", "\"a\":1,\"b\":[{\"sensor_id\":7},[]],\"c\":{\"city\":3},\"d\":null,\"e\":true,\"f\":\"\\ud800\",\"\":0,\"city\""));
        yield return Case("unknown metrics of every type", With("\"pm25\":18.4", "\"pm25\":18.4,\"x\":\"inf\",\"y\":[1],\"z\":{\"value\":\"q\"},\"voltage\":\"bad in another type\",\"\":1"));
        yield return Case("a metric as an object", With("18.4", "{\"unit\":\"µg/m³\",\"value\":18.4,\"quality\":\"good\",\"x\":{\"value\":\"y\"}}"));
        yield return Case("a metric null", With("81", "null"));
        yield return Case("a metric object without value", With("81", "{\"unit\":\"%\"}"));
        yield return Case("a metric object with value null", With("81", "{\"value\":null}"));
        yield return Case("a later metric heals a bad one", With("\"humidity\":81", "\"humidity\":\"x\",\"humidity\":140,\"humidity\":81"));
        yield return Case("a later null takes a bad metric away", With("\"humidity\":81", "\"humidity\":\"x\",\"humidity\":null"));
        yield return Case("a later metrics replaces a bad one", With("\"metrics\":", "\"metrics\":{\"co2\":\"x\"},\"metrics\":"));
        yield return Case("a later value inside a metric heals a bad one", With("81", "{\"value\":[],\"value\":81}"));
        yield return Case("a later name heals a bad one", With("\"sensor_id\":\"AQ-1\"", "\"sensor_id\":7,\"sensor_id\":\"AQ-1\""));
        yield return Case("escaped member names and values", With("\"sensor_id\":\"AQ-1\"", "\"\\u0073ensor_\\u0069d\":\"A\\u0051-1\"").Replace("air_quality", "air\\u005fquality", StringComparison.Ordinal).Replace("2026", "2\\u003026", StringComparison.Ordinal));
        yield return Case("metrics ahead of the type", "{\"metrics\":{\"pm25\":1},\"timestamp\":\"2026-01-15T14:03:27Z\",\"city\":\"c\",\"sensor_id\":\"s\",\"sensor_type\":\"air_quality\"}");
        yield return Case("50 code points beyond the first plane are 200 bytes", With("Warsaw", string.Concat(Enumerable.Repeat("😀", 50))));
        yield return Case("a surrogate pair in escapes", With("Warsaw", "\\ud83d\\ude00"));
        yield return Case("a name of 128 letters", With("Warsaw", new string('x', 128)));
        yield return Case("a name of dots", With("Warsaw", ".."));
        yield return Case("a name that would leave its folder", With("Warsaw", "../../x"));
        yield return Case("66 escaped slashes are 198 bytes", With("Warsaw", new string('/', 66)));
        yield return Case("a name of spaces, quotes and a backslash", With("Warsaw", " \\\" \\\\ "));
        yield return Case("the first instant", With("2026-01-15T14:03:27.512Z", "0001-01-02T00:00:00Z"));
        yield return Case("the last instant", With("2026-01-15T14:03:27.512Z", "9999-12-30T23:59:59.999Z"));
        yield return Case("64 levels", With("\"city\"", "\"deep\":" + new string('[', 63) + new string(']', 63) + ",\"city\""));
    }

    [TestCaseSource(nameof(GoodOnes))]
    public void Accepted(string json) => Accept(json);

    private static IEnumerable<TestCaseData> BadOnes()
    {
        static TestCaseData Case(RejectReason reason, string field, string json) => new TestCaseData(json, reason, field).SetArgDisplayNames(reason.Code(), field, json[..Math.Min(json.Length, 60)]);
        static TestCaseData Changed(RejectReason reason, string field, string old, string replacement) => new TestCaseData(With(old, replacement), reason, field).SetArgDisplayNames(reason.Code(), field, replacement[..Math.Min(replacement.Length, 60)]);

        yield return Case(RejectReason.Empty, "", "");
        yield return Case(RejectReason.TooLarge, "", Good + new string(' ', ReadingParser.MaxBytes));
        foreach (var text in new[] { " ", "{", "nul", "{\"a\":1,}", "{'a':1}", "NaN", "[1,2", "\uFEFF" + Good, Good + "x", Good + "{}", Good + ",", Good[..^10], "{\"a\":01}", "{\"a\":\"\t\"}", "/**/{}", "\0" })
        {
            yield return Case(RejectReason.InvalidJson, "", text);
        }

        yield return Changed(RejectReason.InvalidJson, "", "81", "NaN");
        yield return Changed(RejectReason.InvalidJson, "", "81", "Infinity");
        yield return Changed(RejectReason.InvalidJson, "", "81", "+1");
        yield return Changed(RejectReason.InvalidJson, "", "81", "\"\\x\"");
        yield return Changed(RejectReason.InvalidJson, "", "\"city\"", "\"deep\":" + new string('[', 64) + new string(']', 64) + ",\"city\"");
        yield return Changed(RejectReason.InvalidJson, "", "\"city\"", "\"deep\":" + new string('[', 100_000) + ",\"city\"");
        foreach (var text in new[] { "[]", "1", "\"x\"", "null", "true", "[{}]" })
        {
            yield return Case(RejectReason.NotAnObject, "", text);
        }

        yield return Case(RejectReason.MissingField, "sensor_id", "{}");
        yield return Changed(RejectReason.MissingField, "sensor_id", "\"AQ-1\"", "null");
        yield return Changed(RejectReason.MissingField, "sensor_type", "\"sensor_type\"", "\"Sensor_Type\"");
        yield return Changed(RejectReason.MissingField, "city", "\"Warsaw\"", "null");
        yield return Changed(RejectReason.MissingField, "timestamp", "\"timestamp\"", "\"time\"");
        yield return Changed(RejectReason.MissingField, "metrics", "{\"pm25\":18.4,\"humidity\":81}", "null");
        yield return Changed(RejectReason.MissingField, "metrics", "\"metrics\"", "\"m\"");
        yield return Changed(RejectReason.WrongType, "sensor_id", "\"AQ-1\"", "7");
        yield return Changed(RejectReason.WrongType, "sensor_id", "\"AQ-1\"", "\"AQ-1\",\"sensor_id\":7");
        yield return Changed(RejectReason.WrongType, "sensor_type", "\"air_quality\"", "[\"air_quality\"]");
        yield return Changed(RejectReason.WrongType, "city", "\"Warsaw\"", "{}");
        yield return Changed(RejectReason.WrongType, "district", "\"Wola\"", "false");
        yield return Changed(RejectReason.WrongType, "timestamp", "\"2026-01-15T14:03:27.512Z\"", "1768485807512");
        yield return Changed(RejectReason.WrongType, "location", "{\"lat\":52.2,\"lon\":21.0}", "\"52.2,21.0\"");
        yield return Changed(RejectReason.WrongType, "metrics", "{\"pm25\":18.4,\"humidity\":81}", "[18.4]");
        yield return Changed(RejectReason.UnknownSensorType, "sensor_type", "air_quality", "noise");
        yield return Changed(RejectReason.UnknownSensorType, "sensor_type", "air_quality", "Air_Quality");
        yield return Changed(RejectReason.UnknownSensorType, "sensor_type", "air_quality", "");
        foreach (var name in new[] { "", "a\\u0000", "a\\nb", "\\u007f", "\u007f", "\u0085", "\u009f", "\\ud800", "\\udc00x", "\\ud800\\ud800", "x\\ud83dy", "__HIVE_DEFAULT_PARTITION__", new string('x', 129), new string('/', 67), string.Concat(Enumerable.Repeat("東", 67)), string.Concat(Enumerable.Repeat("\\u0041", 300)) })
        {
            yield return Changed(RejectReason.BadName, "city", "Warsaw", name);
            yield return Changed(RejectReason.BadName, "sensor_id", "AQ-1", name);
            if (name.Length > 0)
            {
                yield return Changed(RejectReason.BadName, "district", "Wola", name);
            }
        }

        yield return Changed(RejectReason.BadTimestamp, "timestamp", "2026-01-15T14:03:27.512Z", "yesterday");
        yield return Changed(RejectReason.BadTimestamp, "timestamp", "2026-01-15T14:03:27.512Z", "0001-01-02T00:00:00+00:01");
        yield return Changed(RejectReason.BadTimestamp, "timestamp", "2026-01-15T14:03:27.512Z", "9999-12-31T00:00:00Z");
        yield return Changed(RejectReason.TimestampWithoutOffset, "timestamp", "2026-01-15T14:03:27.512Z", "2026-01-15T14:03:27.512");
        foreach (var location in new[] { "{\"lon\":21}", "{\"lat\":null,\"lon\":21}", "{\"lat\":\"52\",\"lon\":21}", "{\"lat\":90.0001,\"lon\":21}", "{\"lat\":-1e400,\"lon\":21}", "{\"lat\":[1],\"lon\":21}" })
        {
            yield return Changed(RejectReason.BadLocation, "location.lat", "{\"lat\":52.2,\"lon\":21.0}", location);
        }

        foreach (var location in new[] { "{\"lat\":52}", "{\"lat\":1,\"lon\":-180.1}", "{\"lat\":1,\"lon\":{\"value\":2}}" })
        {
            yield return Changed(RejectReason.BadLocation, "location.lon", "{\"lat\":52.2,\"lon\":21.0}", location);
        }

        yield return Changed(RejectReason.NoMetrics, "metrics", "{\"pm25\":18.4,\"humidity\":81}", "{}");
        yield return Changed(RejectReason.NoMetrics, "metrics", "{\"pm25\":18.4,\"humidity\":81}", "{\"pm25\":null,\"humidity\":{},\"voltage\":230}");
        yield return Changed(RejectReason.NoMetrics, "metrics", "\"humidity\":81}", "\"humidity\":81},\"metrics\":{}");
        foreach (var value in new[] { "\"81\"", "\"\"", "true", "[81]", "1e400", "-1e400", "1e99999999999999999999", "{\"value\":\"81\"}", "{\"value\":{\"value\":81}}", "{\"value\":81,\"value\":[]}", "{\"value\":1e400}" })
        {
            yield return Changed(RejectReason.MetricNotANumber, "metrics.humidity", "81", value);
        }

        yield return Changed(RejectReason.MetricOutOfRange, "metrics.humidity", "81", "100.00000000000002");
        yield return Changed(RejectReason.MetricOutOfRange, "metrics.humidity", "81", "{\"value\":140}");
        yield return Changed(RejectReason.MetricOutOfRange, "metrics.humidity", "81", "81,\"humidity\":-1");
        yield return Changed(RejectReason.MetricOutOfRange, "metrics.humidity", "81", new string('9', 5000)[..300]);
    }

    [TestCaseSource(nameof(BadOnes))]
    public void Refused(string json, RejectReason reason, string field)
    {
        var rejection = Refuse(json);
        Assert.That((rejection.Reason, rejection.Field), Is.EqualTo((reason, field)), rejection.Detail);
        Assert.That(rejection.Detail, Has.Length.InRange(10, 250));
        Assert.That(rejection.Detail.Any(char.IsControl), Is.False, rejection.Detail);
    }

    [TestCase(new byte[] { 0xFF })]
    [TestCase(new byte[] { 0xC0, 0x80 })]
    [TestCase(new byte[] { 0xED, 0xA0, 0x80 })]
    [TestCase(new byte[] { 0xE6, 0x9D })]
    public void Bytes_that_are_not_UTF8_are_not_JSON_wherever_they_stand(byte[] bytes)
    {
        foreach (var marker in new[] { "Warsaw", "sensor_id", "\"unknown\"", "81" })
        {
            var text = Encoding.UTF8.GetBytes(With("\"city\"", "\"x\":\"unknown\",\"city\""));
            var at = text.AsSpan().IndexOf(Encoding.UTF8.GetBytes(marker));
            byte[] broken = [.. text[..(at + 1)], .. bytes, .. text[(at + 1)..]];
            Assert.That(Judge(broken, out _)?.Reason, Is.EqualTo(RejectReason.InvalidJson), marker);
        }
    }

    [Test]
    public void The_first_broken_rule_in_the_contracts_order_is_named()
    {
        var json = """{"metrics":{"humidity":140},"location":7,"timestamp":"x","district":1,"city":"","sensor_type":"noise","sensor_id":"\u0000"}""";
        var fields = new List<string>();
        foreach (var mend in new[] { "", "\"sensor_id\":\"s\"", "\"sensor_type\":\"air_quality\"", "\"city\":\"c\"", "\"district\":null", "\"timestamp\":\"2026-01-15T14:03:27Z\"", "\"location\":null" })
        {
            json = mend.Length == 0 ? json : json[..^1] + "," + mend + "}";
            fields.Add(Refuse(json).Field);
        }

        Assert.That(fields, Is.EqualTo(new[] { "sensor_id", "sensor_type", "city", "district", "timestamp", "location", "metrics.humidity" }));
    }

    [Test]
    public void Details_say_what_is_wrong_in_a_sentence()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Refuse(With("81", "140")).Detail, Is.EqualTo("humidity 140 is outside 0–100"));
            Assert.That(Refuse(With("\"city\":\"Warsaw\",", "")).Detail, Is.EqualTo("city is missing"));
            Assert.That(Refuse(With("\"Warsaw\"", "7")).Detail, Is.EqualTo("city is a number, not a string"));
            Assert.That(Refuse(With("Warsaw", "a\\tb")).Detail, Is.EqualTo("city \"a\\u{9}b\" holds the control character U+0009"));
            Assert.That(Refuse(With("Warsaw", new string('é', 129))).Detail, Is.EqualTo($"city \"{new string('é', 24)}…\" has 129 characters, more than 128"));
            Assert.That(Refuse(With("air_quality", "\u202Enoise")).Detail, Does.StartWith("sensor_type \"\\u{202e}noise\" is not one of air_quality, traffic, "));
            Assert.That(Refuse(With("52.2", "91")).Detail, Is.EqualTo("location.lat 91 is outside -90–90"));
        });
    }

    [Test]
    public void An_event_may_be_five_minutes_ahead_of_its_record_and_no_more()
    {
        var json = Encoding.UTF8.GetBytes(Good);
        var parser = Parser();
        Assert.That(parser.TryParse(json, GoodTimestampMs - 300_000, out _, out _), Is.True);
        Assert.That(parser.TryParse(json, GoodTimestampMs - 300_001, out _, out var rejection), Is.False);
        Assert.That(rejection.Reason, Is.EqualTo(RejectReason.TimestampInFuture));
        Assert.That(parser.TryParse(json, long.MinValue, out _, out _), Is.False);
        Assert.That(new ReadingParser(new ReadingRules { FutureTolerance = TimeSpan.Zero }).TryParse(json, GoodTimestampMs - 1, out _, out _), Is.False);
    }

    [Test]
    public void A_timestamp_without_offset_is_UTC_where_the_rules_say_so()
    {
        var json = Encoding.UTF8.GetBytes(With("27.512Z", "27.512"));
        Assert.That(Judge(json, out var reading, new ReadingRules { TimestampsWithoutOffsetAreUtc = true }), Is.Null);
        Assert.That(reading.TimestampMs, Is.EqualTo(GoodTimestampMs));
    }

    [Test]
    public void Negative_zero_is_zero()
        => Assert.That(BitConverter.DoubleToInt64Bits(Accept(With("81", "-0.0")).Metrics[5]!.Value), Is.Zero);

    [Test]
    public void A_known_name_is_the_same_string_and_costs_no_allocation()
    {
        var json = Encoding.UTF8.GetBytes(With("Warsaw", "\\u0141ódź / a=b"));
        var parser = Parser();
        Assert.That(parser.TryParse(json, long.MaxValue, out var first, out _), Is.True);
        Assert.That(first.City, Is.EqualTo("Łódź / a=b"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var same = 0;
        for (var i = 0; i < 1000; i++)
        {
            same += parser.TryParse(json, long.MaxValue, out var next, out _) && ReferenceEquals(next.City, first.City) && ReferenceEquals(next.SensorId, first.SensorId) ? 1 : 0;
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That((same, allocated), Is.EqualTo((1000, 0)));
    }

    [Test]
    public void A_flood_of_names_does_not_grow_the_table_and_does_not_push_out_one_in_use()
    {
        var table = new NameTable(generationSize: 100);
        var warsaw = table.Find("Warsaw"u8);
        for (var i = 0; i < 10_000; i++)
        {
            table.Find(Encoding.UTF8.GetBytes($"made-up-{i}"));
            Assert.That(table.Count, Is.LessThanOrEqualTo(200));
            if (i % 50 == 0)
            {
                Assert.That(table.Find("Warsaw"u8), Is.SameAs(warsaw));
            }
        }
    }

    [Test]
    public void Readings_with_equal_values_are_equal()
    {
        var (one, other) = (Accept(Good), Accept(Good + " "));
        Assert.That(one, Is.EqualTo(other));
        Assert.That(one.GetHashCode(), Is.EqualTo(other.GetHashCode()));
        Assert.That(one, Is.Not.EqualTo(Accept(With("81", "82"))));
        Assert.That(one, Is.Not.EqualTo(Accept(With("\"humidity\"", "\"co2\""))));
    }
}
