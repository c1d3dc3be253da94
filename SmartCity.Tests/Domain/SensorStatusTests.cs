using System.Buffers;
using System.Text;

using SmartCity.Domain.Aggregates;

namespace SmartCity.Tests.Domain;

public sealed class SensorStatusTests
{
    [Test]
    public void The_JSON_form_is_the_readings_with_known_metrics_as_numbers_and_the_interval()
    {
        var reading = ReadingTestData.Accept(ReadingTestData.With("81", "{\"value\":81,\"unit\":\"%\"},\"x\":1"));
        Assert.That(Json(new SensorStatus(reading, 10_000)), Is.EqualTo(
            "{\"sensor_id\":\"AQ-1\",\"sensor_type\":\"air_quality\",\"city\":\"Warsaw\",\"district\":\"Wola\",\"timestamp\":\"2026-01-15T14:03:27.512Z\","
            + "\"location\":{\"lat\":52.2,\"lon\":21},\"metrics\":{\"pm25\":18.4,\"humidity\":81},\"interval_ms\":10000}"));
    }

    [Test]
    public void What_is_written_is_read_back()
    {
        foreach (var json in new[] { ReadingTestData.Good, ReadingTestData.With("{\"lat\":52.2,\"lon\":21.0}", "null"), ReadingTestData.With("\"Wola\"", "null"), ReadingTestData.With("Warsaw", "Łódź \\\"1\\\"") })
        {
            foreach (var interval in new long?[] { null, 0, 1_800_000 })
            {
                var status = new SensorStatus(ReadingTestData.Accept(json), interval);
                Assert.That(SensorStatus.ParseJson(Encoding.UTF8.GetBytes(Json(status))), Is.EqualTo(status));
            }
        }
    }

    [TestCase("{}", "sensor_id is missing")]
    [TestCase("x", "not JSON")]
    public void Anything_else_is_refused(string json, string detail)
        => Assert.That(() => SensorStatus.ParseJson(Encoding.UTF8.GetBytes(json)), Throws.TypeOf<FormatException>().With.Message.Contains(detail));

    [Test]
    public void A_reading_without_an_interval_is_no_status()
        => Assert.That(() => SensorStatus.ParseJson(Encoding.UTF8.GetBytes(ReadingTestData.Good)), Throws.TypeOf<FormatException>().With.Message.Contains("interval_ms"));

    private static string Json(SensorStatus status)
    {
        var output = new ArrayBufferWriter<byte>();
        status.WriteJson(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
