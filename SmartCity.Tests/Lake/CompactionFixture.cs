using System.Globalization;

using Microsoft.Extensions.Time.Testing;

using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Lake.Compaction;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Lake;

/// <summary>A raw lake of weather readings without Kafka, and what merges it.</summary>
internal sealed class CompactionFixture : IDisposable
{
    public const string Cities = "Warsaw,Kraków,東京";

    /// <summary>The first of two days.</summary>
    public static readonly DateTimeOffset Monday = new(2026, 1, 12, 0, 0, 0, TimeSpan.Zero);

    public LakeFolder Lake { get; } = new();

    public string Scratch { get; } = Servers.Scratch.Folder("compact");

    public FakeTimeProvider Clock { get; } = new(Monday.AddDays(5));

    public List<string> Said { get; } = [];

    /// <summary>Writes a batch of a partition whose readings lie about <paramref name="around"/>, an hour to each side, in all cities.</summary>
    public async Task WriteRawAsync(int partition, long first, int count, DateTimeOffset around, LakeFormat format = LakeFormat.Parquet)
    {
        var cities = Cities.Split(',');
        var random = new Random(HashCode.Combine(partition, (int)first));
        var payloads = Enumerable.Range(0, count).Select(number => RawBatch.Weather(
            $"W-{random.Next(40)}", cities[number % cities.Length], around.AddSeconds(random.Next(-3600, 3600)).ToString("O", CultureInfo.InvariantCulture), random.Next(-20, 30),
            $",\"district\":{(number % 3 == 0 ? "null" : "\"Wola\"")},\"location\":{{\"lat\":52.2,\"lon\":{number % 90}}},\"n\":{number}"));
        await Lake.PutAsync(await RawBatch.ObjectsAsync(RawBatch.Of(payloads, format, partition, first), first));
    }

    /// <summary>Two days of two partitions in batches of four hours' readings.</summary>
    public async Task WriteTwoDaysAsync()
    {
        for (int batch = 0; batch < 12; batch++)
        {
            await WriteRawAsync(batch % 2, 1_000L * batch, 120, Monday.AddHours(4 * batch));
        }
    }

    /// <summary>Merges; the store may be one that fails.</summary>
    public async Task<Compactor> CompactAsync(IObjectStore? store = null, CompactOptions? options = null)
    {
        using var scratch = new CompactScratch(Scratch);
        var compactor = new Compactor(store ?? Lake.Store, scratch, RawBatch.Topic, new ReadingRules(), options ?? new CompactOptions { Apply = true }, Clock, Said.Add);
        await compactor.RunAsync(CancellationToken.None);
        return compactor;
    }

    /// <summary>Every reading of the raw lake is in the merged one once, in every column alike, and nothing else is: by DuckDB.</summary>
    public void AssertMergedIsRaw()
    {
        Assert.That(
            Lake.Query("SELECT count(*) FROM (SELECT * EXCLUDE (hour) FROM {raw:weather} EXCEPT ALL SELECT * FROM {compact:weather})")[0][0], Is.EqualTo("0"), "raw readings that are not merged");
        Assert.That(
            Lake.Query("SELECT count(*) FROM (SELECT * FROM {compact:weather} EXCEPT ALL SELECT * EXCLUDE (hour) FROM {raw:weather})")[0][0], Is.EqualTo("0"), "merged readings that are not raw");
    }

    /// <summary>Everything under the merged root and its plans: path below the lake, and bytes.</summary>
    public SortedDictionary<string, byte[]> Merged()
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string root in (string[])["raw-compact", "raw-compact-plans"])
        {
            string folder = Path.Combine(Lake.Path, root);
            foreach (string file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*", SearchOption.AllDirectories) : [])
            {
                files.Add(Path.GetRelativePath(Lake.Path, file), File.ReadAllBytes(file));
            }
        }

        return files;
    }

    public void Dispose()
    {
        Lake.Dispose();
        Servers.Scratch.Remove(Scratch);
    }
}
