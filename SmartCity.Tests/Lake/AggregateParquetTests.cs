using System.Buffers;
using System.Text;

using Confluent.Kafka;

using Microsoft.Extensions.Logging.Abstractions;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Sinks;
using SmartCity.Streams.Sinks.Lake;

namespace SmartCity.Tests.Lake;

internal sealed class AggregateParquetTests
{
    internal const long Start = 1_768_485_600_000; // 2026-01-15T14:00:00Z

    private LakeFolder _lake = null!;

    [SetUp]
    public void MakeLake() => _lake = new LakeFolder();

    [TearDown]
    public void RemoveLake() => _lake.Dispose();

    [Test]
    public async Task DuckDB_reads_the_final_rows_and_only_those()
    {
        var batch = Batch(
            Row("Warsaw", "Wola", Start, isFinal: true, revision: 7), Row("Warsaw", "", Start, isFinal: true, revision: 7), Row("Warsaw", "", Start + 60_000, isFinal: false, revision: 8),
            Row("../x", "", Start + 60_000, isFinal: true, revision: 9));
        Assert.That(batch.Count, Is.EqualTo(3));
        var objects = await RawBatch.ObjectsAsync(batch);
        await _lake.PutAsync(objects);

        Assert.That(objects.Keys, Is.EqualTo(new[]
        {
            "aggregated-data/sensor_type=weather/city=..%2Fx/year=2026/month=01/day=15/aggregates-0-00000000000000000100.parquet",
            "aggregated-data/sensor_type=weather/city=Warsaw/year=2026/month=01/day=15/aggregates-0-00000000000000000100.parquet",
        }));
        var rows = _lake.Query("""
            SELECT city, district, strftime(window_start, '%H:%M'), strftime(window_end, '%H:%M'), reading_count, count_temperature, avg_temperature, min_temperature, max_temperature,
                stddev_temperature, count_pressure, avg_pressure, avg_wind_direction, consistency_wind_direction, sum_precipitation, epoch, revision, strftime(processing_time, '%H:%M:%S'), day
            FROM {aggregated:weather} ORDER BY city, district
            """);
        string?[] figures = ["5", "3", "1.5", "-2", "4", "2.5", "0", null, "181.25", "0.75", "12.5"];
        Assert.That(rows, Is.EqualTo(new[]
        {
            ["../x", "", "14:01", "14:06", .. figures, "2", "9", "14:15:01", "15"],
            ["Warsaw", "", "14:00", "14:05", .. figures, "2", "7", "14:15:01", "15"],
            new[] { "Warsaw", "Wola", "14:00", "14:05" }.Concat(figures).Concat(["2", "7", "14:15:01", "15"]),
        }));
    }

    [Test]
    public async Task The_same_rows_give_the_same_bytes_and_what_is_no_row_is_passed_over()
    {
        var rows = Enumerable.Range(0, 200).Select(i => Row("Warsaw", $"D{i % 13}", Start + (i * 60_000L), isFinal: true, revision: i)).Append("no row"u8.ToArray()).Append([]).ToArray();
        var once = await RawBatch.ObjectsAsync(Batch(rows));
        var again = await RawBatch.ObjectsAsync(Batch(rows));
        Assert.That(once.Values.Single(), Is.EqualTo(again.Values.Single()));
        await _lake.PutAsync(once);
        Assert.That(_lake.Query("SELECT count(*) FROM {aggregated:weather}").Single()[0], Is.EqualTo("200"));
    }

    [Test]
    public async Task In_JSON_each_final_row_is_an_object()
    {
        var row = Row("Warsaw", "Wola", Start, isFinal: true, revision: 1);
        var objects = await RawBatch.ObjectsAsync(Batch(LakeFormat.Json, row));
        Assert.That(objects.Keys, Is.EqualTo(new[] { "aggregated-data/sensor_type=weather/city=Warsaw/year=2026/month=01/day=15/Wola_20260115T140000.000Z_0-100.json" }));
        Assert.That(Encoding.UTF8.GetString(objects.Values.Single()), Is.EqualTo(Encoding.UTF8.GetString(row)));
    }

    private static LakeRows Batch(params byte[][] rows) => Batch(LakeFormat.Parquet, rows);

    private static LakeRows Batch(LakeFormat format, params byte[][] rows)
    {
        var batch = new AggregateContent("aggregates", format, NullLogger.Instance).NewRows(0);
        var offset = 100L;
        foreach (var row in rows)
        {
            batch.Add(new SinkRecord { Partition = new TopicPartition("aggregates", 0), Offset = offset++, TimestampMs = Start, Value = row, IsTombstone = row.Length == 0 });
        }

        return batch;
    }

    internal static byte[] Row(string city, string district, long windowStartMs, bool isFinal, long revision)
    {
        var none = new MetricSummary(0, null, null, null, null, null, null, null, null);
        var row = new AggregateRow
        {
            Group = new GroupKey(SensorType.Weather, city, district),
            WindowStartMs = windowStartMs,
            WindowEndMs = windowStartMs + 300_000,
            ReadingCount = 5,
            IsFinal = isFinal,
            Epoch = 2,
            Revision = revision,
            WatermarkMs = windowStartMs,
            ProcessingTimeMs = Start + 901_123,
            Metrics =
            [
                new(3, 4.5m, 1.5, -2, 4, 2.5, null, 1, 2), none, none, none, new(2, null, 181.25, null, null, null, 0.75, 170, 190), new(5, 12.5m, 2.5, 0, 9, 1.5, null, 1, 2),
            ],
        };
        var json = new ArrayBufferWriter<byte>();
        row.WriteJson(json);
        return json.WrittenSpan.ToArray();
    }
}
