using System.Buffers;
using System.Text;
using System.Text.Json;

using CsCheck;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;

using static SmartCity.Tests.Domain.AggregateTestData;

namespace SmartCity.Tests.Domain;

public sealed class AggregateRowTests
{
    private const long Start = 1_768_485_600_000; // 2026-01-15T14:00:00Z

    [Test]
    public void The_JSON_form_is_as_its_documentation_says()
    {
        var readings = new[]
        {
            One(SensorType.Weather, 0, 1.5, Start, offset: 1), One(SensorType.Weather, 0, 2.5, Start + 1, offset: 2), One(SensorType.Weather, 5, 0.1, Start + 2, offset: 3),
            One(SensorType.Weather, 4, 90, Start + 3, offset: 4),
        };
        var row = AggregateRow.From(new GroupKey(SensorType.Weather, "Łódź", "\"A\""), Start, Start + 300_000, Of(readings), true, 1, 7, Start + 900_000, Start + 900_123);
        Assert.That(Json(row), Is.EqualTo("""
            {"sensor_type":"weather","city":"Łódź","district":"\"A\"","window_start":"2026-01-15T14:00:00Z","window_end":"2026-01-15T14:05:00Z","reading_count":4,"is_final":true,"epoch":1,"revision":7,
            "watermark":"2026-01-15T14:15:00.000Z","processing_time":"2026-01-15T14:15:00.123Z","metrics":{
            "temperature":{"count":2,"sum":4,"avg":2,"min":1.5,"max":2.5,"stddev":0.7071067811865476,"first":1.5,"last":2.5},
            "wind_direction":{"count":1,"avg":90,"consistency":1,"first":90,"last":90},
            "precipitation":{"count":1,"sum":0.1,"avg":0.1,"min":0.1,"max":0.1,"stddev":null,"first":0.1,"last":0.1}}}
            """.ReplaceLineEndings("")));
    }

    [Test]
    public void What_is_written_is_read_back()
        => Gen.Select(ReadingsOfAnyType, Gen.String[Gen.Char['!', 'ž'], 1, 10], Gen.Bool, Gen.Long[0, long.MaxValue], Gen.Int[0, 100_000].Select(i => i * 1000L)).Sample((made, city, flag, revision, time) =>
        {
            var row = AggregateRow.From(new GroupKey(made.Type, city, flag ? city : ""), Start, Start + 300_000, Of(made.Readings), flag, 3, revision, flag ? time : null, time);
            var read = AggregateRow.ParseJson(Encoding.UTF8.GetBytes(Json(row)));
            Assert.That(read.Metrics, Is.EqualTo(row.Metrics));
            Assert.That(read with { Metrics = row.Metrics }, Is.EqualTo(row));
        });

    [TestCase(Rfc3339.MinMs)]
    [TestCase(Rfc3339.MaxMs)]
    public void Windows_over_the_first_and_last_instants_can_be_written_and_read(long ms)
    {
        var row = AggregateRow.From(new GroupKey(SensorType.Weather, "c", ""), ms, ms, new CityAggregate(), false, 0, 0, ms, ms);
        Assert.That(AggregateRow.ParseJson(Encoding.UTF8.GetBytes(Json(row))) with { Metrics = row.Metrics }, Is.EqualTo(row));
    }

    [TestCase("Warsaw", "Wola", "weather|Warsaw|Wola|2026-01-15T14:00:00Z")]
    [TestCase("a|b", "", "weather|a%7Cb||2026-01-15T14:00:00Z")]
    [TestCase("a%7Cb", "|", "weather|a%257Cb|%7C|2026-01-15T14:00:00Z")]
    public void Keys_tell_groups_apart(string city, string district, string key)
        => Assert.That(AggregateRow.From(new GroupKey(SensorType.Weather, city, district), Start, Start + 300_000, new CityAggregate(), false, 0, 0, null, 0).Key, Is.EqualTo(key));

    [Test]
    public void Members_may_come_in_any_order_and_unknown_ones_are_passed_over()
    {
        var row = AggregateRow.From(new GroupKey(SensorType.Traffic, "c", ""), Start, Start + 300_000, Of([One(SensorType.Traffic, 0, 1), One(SensorType.Traffic, 2, 7.5, offset: 1)]), false, 0, 0, 5, 0);
        using var document = JsonDocument.Parse(Json(row));
        var members = document.RootElement.EnumerateObject().Select(member => member.ToString()).Append("\"new\":{\"city\":[1]}").Reverse();
        var read = AggregateRow.ParseJson(Encoding.UTF8.GetBytes("{" + string.Join(',', members).Replace("\"vehicle_count\":{", "\"wind_speed\":7,\"vehicle_count\":{\"p99\":[],", StringComparison.Ordinal) + "}"));
        Assert.That(read.Metrics, Is.EqualTo(row.Metrics));
        Assert.That(read with { Metrics = row.Metrics }, Is.EqualTo(row));
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("{} x")]
    [TestCase("{\"city\":\"\\ud800\"}")]
    [TestCase("{}")]
    [TestCase("{\"sensor_type\":\"noise\"}")]
    public void Anything_else_is_refused(string json) => Assert.That(() => AggregateRow.ParseJson(Encoding.UTF8.GetBytes(json)), Throws.TypeOf<FormatException>());

    [Test]
    public void A_member_that_is_missing_or_of_another_type_is_named()
    {
        var json = Json(AggregateRow.From(new GroupKey(SensorType.Traffic, "c", ""), Start, Start + 300_000, Of([One(SensorType.Traffic, 0, 1)]), false, 0, 0, 5, 0));
        using var document = JsonDocument.Parse(json);
        foreach (var member in document.RootElement.EnumerateObject())
        {
            foreach (var wrong in new[] { $"\"{member.Name}x\":", $"\"{member.Name}\":[],\"x\":" })
            {
                var broken = json.Replace($"\"{member.Name}\":", wrong, StringComparison.Ordinal);
                Assert.That(() => AggregateRow.ParseJson(Encoding.UTF8.GetBytes(broken)), Throws.TypeOf<FormatException>().With.Message.Contains(member.Name));
            }
        }
    }

    [Test]
    public void Types_do_not_mix()
        => Assert.That(() => AggregateRow.From(new GroupKey(SensorType.Traffic, "c", ""), 0, 1, Of([One(SensorType.Weather, 0, 1)]), false, 0, 0, 5, 0), Throws.ArgumentException);

    private static string Json(AggregateRow row)
    {
        var output = new ArrayBufferWriter<byte>();
        row.WriteJson(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
