using System.Globalization;
using System.Text;

using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Engine.Tasks;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Tests.Engine;

/// <summary>What a reading costs in what can be counted exactly, on any machine and in any build: bytes allocated, and entries sent. What it costs in time is for the benchmark.</summary>
internal sealed class CostTests
{
    private const int Sensors = 500;
    private const long StartMs = 1_768_485_600_000;

    [Test]
    public void A_reading_of_a_known_sensor_is_read_judged_and_added_without_allocating()
    {
        var task = NewTask(advanceMinutes: 1, new Sent());
        var readings = Enumerable.Range(0, Sensors).Select(Reading).ToArray();
        Feed(task, readings, 0); // Names, groups and sensors become known, and tables get their size.
        Feed(task, readings, Sensors);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Feed(task, readings, 2 * Sensors);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Windows_that_overlap_five_times_send_no_more_than_windows_that_do_not()
    {
        var sent = new[] { 1, 5 }.Select(advance =>
        {
            var output = new Sent();
            var task = NewTask(advance, output);
            Feed(task, [.. Enumerable.Range(0, Sensors).Select(Reading)], 0);
            task.PrepareCommit();
            return output.BlockBytes;
        }).ToArray();

        // All readings lie in one minute: one entry a group either way, but for the few bytes of the slice's number.
        Assert.That(sent[0], Is.EqualTo(sent[1]).Within(1).Percent.And.GreaterThan(0));
    }

    [Test]
    public void Twenty_times_the_readings_of_the_same_groups_send_no_more_entries()
    {
        var sent = new[] { 1, 20 }.Select(times =>
        {
            var output = new Sent();
            var task = NewTask(1, output);
            for (var i = 0; i < times; i++)
            {
                Feed(task, [.. Enumerable.Range(0, Sensors).Select(Reading)], i * Sensors);
            }

            task.PrepareCommit();
            return output.BlockBytes;
        }).ToArray();

        // The same entries, their sums and offsets a little longer.
        Assert.That(sent[1], Is.LessThan(1.5 * sent[0]));
    }

    private static CombineTask NewTask(int advanceMinutes, Sent output)
    {
        var windows = TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)).AdvanceBy(TimeSpan.FromMinutes(advanceMinutes));
        return CityTopology.Build(windows, new ReadingRules()).CreateCombineTask(
            new CombineTaskContext(new InputPartition("smart-city-sensors", 0, 0), "partials", 1, 42, 0, output, TimeProvider.System));
    }

    private static void Feed(CombineTask task, byte[][] readings, long offset)
    {
        foreach (var reading in readings)
        {
            task.Process(new RawRecord("smart-city-sensors", 0, offset++, StartMs + 600_000, default, reading, hasKey: false));
        }
    }

    private static byte[] Reading(int sensor) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"sensor_id":"AQ-{{{sensor}}}","sensor_type":"air_quality","city":"Warsaw","district":"District {{{sensor % 10}}}","timestamp":"2026-01-15T14:00:{{{sensor % 60:00}}}.512Z","location":{"lat":52.2,"lon":21.0},"metrics":{"pm25":18.4,"humidity":81}}"""));

    private sealed class Sent : IRecordCollector
    {
        public int BlockBytes { get; private set; }

        public void Send(string topic, int? partition, byte[]? key, byte[]? value, Confluent.Kafka.Headers? headers = null) => BlockBytes += topic == "partials" ? value!.Length : 0;
    }
}
