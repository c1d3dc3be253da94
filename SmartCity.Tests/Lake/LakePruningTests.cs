using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

using Confluent.Kafka;

using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;
using SmartCity.Simulator.City;
using SmartCity.Streams.Lake.Compaction;
using SmartCity.Streams.Sinks;
using SmartCity.Streams.Sinks.Lake;
using SmartCity.Tests.Simulator;

namespace SmartCity.Tests.Lake;

/// <summary>A question about one day opens the objects of that day alone: what DuckDB itself says it has read.</summary>
internal sealed partial class LakePruningTests
{
    private CompactionFixture _test = null!;

    [SetUp]
    public void MakeLake() => _test = new CompactionFixture();

    [TearDown]
    public void RemoveLake() => _test.Dispose();

    [Test]
    public async Task A_day_of_a_city_is_one_merged_object_of_nine()
    {
        await _test.WriteTwoDaysAsync();
        await _test.CompactAsync();

        Assert.That(FilesRead("SELECT avg(temperature) FROM {compact:weather} WHERE city = '東京' AND year = 2026 AND month = 1 AND day = 12"), Is.EqualTo((1, 9)));
        Assert.That(FilesRead("SELECT avg(temperature) FROM {compact:weather} WHERE city = 'Kraków'"), Is.EqualTo((3, 9)));
    }

    [Test, Explicit("Writes a month of a made-up city as the sinks would, merges it, and prints what DuckDB reads of each root: three minutes.")]
    public async Task A_month()
    {
        long readings = await WriteMonthAsync();
        long started = Stopwatch.GetTimestamp();
        Compactor done = await _test.CompactAsync();
        TestContext.Progress.WriteLine(Line($"merged {readings} readings in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s; peak {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB; {done.Objects} objects"));
        foreach (string root in (string[])["raw-data", "raw-compact"])
        {
            var files = new DirectoryInfo(Path.Combine(_test.Lake.Path, root)).GetFiles("*.parquet", SearchOption.AllDirectories);
            TestContext.Progress.WriteLine(Line($"{root}: {files.Length} objects, {files.Sum(file => file.Length) / 1048576.0:0.0} MiB, the largest {files.Max(file => file.Length) / 1048576.0:0.00} MiB"));
        }

        foreach (string what in (string[])["city = 'Warsaw' AND year = 2026 AND month = 1 AND day = 15", "city = 'Warsaw'", "true"])
        {
            foreach (string root in (string[])["raw", "compact"])
            {
                string sql = $"SELECT sensor_id, avg(pm25), count(*) FROM {{{root}:air_quality}} WHERE {what} GROUP BY sensor_id";
                var (read, of) = FilesRead(sql);
                started = Stopwatch.GetTimestamp();
                _test.Lake.Query(sql);
                TestContext.Progress.WriteLine(Line($"{root} WHERE {what}: {read} of {of} objects, {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms"));
            }
        }

        foreach (SensorTypeDefinition type in SensorTypes.All)
        {
            string both = $"SELECT * EXCLUDE (hour) FROM {{raw:{type.Name}}} EXCEPT ALL SELECT * FROM {{compact:{type.Name}}}";
            Assert.That(_test.Lake.Query($"SELECT count(*) FROM ({both})")[0][0], Is.EqualTo("0"));
        }
    }

    /// <summary>A month, two cities, a batch a quarter of an hour and partition, as the sink's defaults make them.</summary>
    private async Task<long> WriteMonthAsync()
    {
        const int Partitions = 2;
        var options = Generated.Calm(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)) with { Rate = 1, Sensors = 100, Cities = [.. Atlas.Cities.Take(2)] };
        var content = new RawContent(RawBatch.Topic, new ReadingRules(), LakeFormat.Parquet);
        var batches = new LakeRows[Partitions];
        long[] offsets = new long[Partitions];
        long[] firsts = new long[Partitions];
        long quarter = -1;
        long readings = 0;
        foreach (Generated record in Generated.From(options, TimeSpan.FromDays(30)))
        {
            if (record.EventMs / 900_000 != quarter)
            {
                await FlushAsync();
                quarter = record.EventMs / 900_000;
            }

            int partition = (int)(BitConverter.ToUInt32(System.IO.Hashing.XxHash32.Hash(record.Key)) % Partitions);
            batches[partition] ??= content.NewRows(partition);
            batches[partition].Add(new SinkRecord
            {
                Partition = new TopicPartition(RawBatch.Topic, partition),
                Offset = offsets[partition]++,
                TimestampMs = record.EventMs,
                Value = record.Value,
                IsTombstone = false,
            });
            readings++;
        }

        await FlushAsync();
        _test.Clock.AdjustTime(options.Start.AddDays(40));
        return readings;

        async Task FlushAsync()
        {
            for (int partition = 0; partition < Partitions; partition++)
            {
                if (batches[partition] is { } rows)
                {
                    await _test.Lake.PutAsync(await RawBatch.ObjectsAsync(rows, firsts[partition]));
                }

                (batches[partition], firsts[partition]) = (null!, offsets[partition]);
            }
        }
    }

    /// <summary>How many files a query reads, of how many there are of its type; DuckDB says so where it leaves some out.</summary>
    private (int Read, int Of) FilesRead(string sql)
    {
        string plan = _test.Lake.Query($"EXPLAIN ANALYZE {sql}").Aggregate(new StringBuilder(), (text, row) => text.AppendLine(row[^1])).ToString();
        Match source = Source().Match(sql);
        string folder = Path.Combine(_test.Lake.Path, source.Groups[1].Value == "raw" ? "raw-data" : "raw-compact", $"sensor_type={source.Groups[2].Value}");
        int all = Directory.GetFiles(folder, "*.parquet", SearchOption.AllDirectories).Length;
        return ScannedFiles().Match(plan) is { Success: true } some ? (Number(some.Groups[1]), Number(some.Groups[2]))
            : TotalFiles().Match(plan) is { Success: true } total ? (Number(total.Groups[1]), all)
            : (all, all);
    }

    private static int Number(Group text) => int.Parse(text.Value, CultureInfo.InvariantCulture);

    private static string Line(FormattableString text) => FormattableString.Invariant(text);

    [GeneratedRegex(@"Scanning Files:\s+([0-9]+)/([0-9]+)")]
    private static partial Regex ScannedFiles();

    [GeneratedRegex(@"Total Files Read:\s+([0-9]+)")]
    private static partial Regex TotalFiles();

    [GeneratedRegex(@"\{(raw|compact):(\w+)\}")]
    private static partial Regex Source();
}
