using System.Text;
using SmartCity.Domain.Lake;

namespace SmartCity.Tests.Lake;

/// <summary>What every object store must do alike.</summary>
internal abstract class ObjectStoreContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    protected abstract Task<IObjectStore> CreateAsync();

    private static readonly string[] HostileKeys =
    [
        "raw-data/city=..%2F..%2Fx/a.parquet",
        "raw-data/city=a%2Fb%3Dc%25/a.parquet",
        "raw-data/city=%252e%252e/a.parquet",
        "raw-data/city=東京/a.parquet",
        "raw-data/city=𝔘𝔫/a.parquet",
        "raw-data/city=../a.parquet",
        "raw-data/city=.../a.parquet",
        "raw-data/city=15/a.parquet",
        "raw-data/city=a b+c&d;e,f@g!h$i(j)k~l/a.parquet",
        "raw-data/city= /a.parquet",
        "raw-data/city=x'y<z>|`/a.parquet",
        "raw-data/city=Łódź/a.parquet",
    ];

    [Test]
    public async Task An_object_comes_back_as_it_was_put_and_a_second_put_replaces_it()
    {
        var store = await CreateAsync();
        await store.PutAsync("a/b.bin", new byte[] { 1, 2, 3 }, "application/octet-stream", None);
        await store.PutAsync("a/b.bin", new byte[] { 4, 5 }, "application/octet-stream", None);

        Assert.That(await store.GetAsync("a/b.bin", None), Is.EqualTo(new byte[] { 4, 5 }));
        var head = await store.HeadAsync("a/b.bin", None);
        Assert.That(head, Is.Not.Null);
        Assert.That((head!.Key, head.Size), Is.EqualTo(("a/b.bin", 2L)));
        Assert.That(head.LastModified.Year, Is.GreaterThan(2000));
    }

    [Test]
    public async Task An_empty_object_and_one_of_many_megabytes_come_back_whole()
    {
        var store = await CreateAsync();
        var large = new byte[(11 << 20) + 7];
        new Random(5).NextBytes(large);
        await store.PutAsync("large", large, "application/octet-stream", None);
        await store.PutAsync("empty", ReadOnlyMemory<byte>.Empty, "application/octet-stream", None);

        Assert.That(await store.GetAsync("large", None), Is.EqualTo(large));
        Assert.That(await store.GetAsync("empty", None), Is.Empty);
        Assert.That((await store.HeadAsync("empty", None))!.Size, Is.Zero);
    }

    [Test]
    public async Task A_file_of_many_megabytes_goes_in_and_comes_out_as_it_was_and_replaces_what_was_there()
    {
        var store = await CreateAsync();
        var large = new byte[(11 << 20) + 7];
        new Random(6).NextBytes(large);
        string folder = Directory.CreateTempSubdirectory("smartcity-test-files-").FullName;
        string there = Path.Combine(folder, "there");
        string back = Path.Combine(folder, "back");
        File.WriteAllBytes(there, large);
        File.WriteAllBytes(back, new byte[20 << 20]);

        await store.PutAsync("a/large", new byte[] { 1, 2, 3 }, "application/octet-stream", None);
        await store.PutFileAsync("a/large", there, "application/octet-stream", None);
        Assert.That(await store.GetFileAsync("a/large", back, None), Is.True);

        Assert.That(File.ReadAllBytes(back), Is.EqualTo(large));
        Assert.That(await store.GetAsync("a/large", None), Is.EqualTo(large));
        Assert.That(await store.GetFileAsync("no/such/object", back, None), Is.False);
        Assert.That(() => store.PutFileAsync("../x", there, "text/plain", None), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => store.GetFileAsync("../x", back, None), Throws.InstanceOf<ArgumentException>());
        Directory.Delete(folder, recursive: true);
    }

    [Test]
    public async Task What_is_not_there_is_null_and_can_be_removed_without_complaint()
    {
        var store = await CreateAsync();
        Assert.That(await store.GetAsync("no/such/object", None), Is.Null);
        Assert.That(await store.HeadAsync("no/such/object", None), Is.Null);
        await store.DeleteAsync("no/such/object", None);

        await store.PutAsync("there", new byte[] { 1 }, "application/octet-stream", None);
        await store.DeleteAsync("there", None);
        Assert.That(await store.GetAsync("there", None), Is.Null);
        Assert.That(await ListAsync(store, ""), Is.Empty);
    }

    [Test]
    public async Task Hostile_names_land_in_and_come_back_from_their_own_folder()
    {
        var store = await CreateAsync();
        foreach (var key in HostileKeys)
        {
            await store.PutAsync(key, Encoding.UTF8.GetBytes(key), "text/plain", None);
        }

        foreach (var key in HostileKeys)
        {
            Assert.That(Encoding.UTF8.GetString((await store.GetAsync(key, None))!), Is.EqualTo(key));
            Assert.That(await ListAsync(store, key[..^"a.parquet".Length]), Is.EqualTo(new[] { key }));
        }

        Assert.That(await ListAsync(store, ""), Is.EqualTo(HostileKeys.OrderBy(k => Convert.ToHexString(Encoding.UTF8.GetBytes(k)), StringComparer.Ordinal)));
    }

    [TestCase("../x")]
    [TestCase("a/../../x")]
    [TestCase("/etc/passwd")]
    [TestCase("a//b")]
    [TestCase("a/./b")]
    [TestCase("a/")]
    [TestCase("a\\..\\b")]
    [TestCase("a\0b")]
    [TestCase("")]
    public async Task A_key_that_could_leave_the_lake_is_refused(string key)
    {
        var store = await CreateAsync();
        Assert.That(() => store.PutAsync(key, new byte[] { 1 }, "text/plain", None), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => store.GetAsync(key, None), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public async Task A_listing_starts_after_any_key_and_keeps_to_byte_order()
    {
        var store = await CreateAsync();
        string[] keys = ["a-b", "a/1/x", "a/1/y", "a/10/x", "a/2", "a0", "b/\uFF5E/1", "b/😀/1", "b/é", "c d/1", "c%20d/1", "c+d/1"];
        foreach (var key in keys)
        {
            await store.PutAsync(key, new byte[] { 1 }, "text/plain", None);
        }

        var sorted = keys.OrderBy(k => Convert.ToHexString(Encoding.UTF8.GetBytes(k)), StringComparer.Ordinal).ToArray();
        Assert.That(await ListAsync(store, ""), Is.EqualTo(sorted));
        foreach (var start in keys.Concat(["a", "a/", "a/1", "a/1/", "a/11", "b/", "zzz", "0"]))
        {
            var expected = sorted.Where(k => string.CompareOrdinal(Hex(k), Hex(start)) > 0);
            Assert.That(await ListAsync(store, "", start), Is.EqualTo(expected), $"after {start}");
        }

        Assert.That(await ListAsync(store, "a/1"), Is.EqualTo(new[] { "a/1/x", "a/1/y", "a/10/x" }));
        Assert.That(await ListAsync(store, "a/1", "a/1/x"), Is.EqualTo(new[] { "a/1/y", "a/10/x" }));
        Assert.That(await ListAsync(store, "no/such"), Is.Empty);
        Assert.That(await ListAsync(store, "b/", "a"), Has.Length.EqualTo(3));

        static string Hex(string key) => Convert.ToHexString(Encoding.UTF8.GetBytes(key));
    }

    [Test]
    public async Task A_listing_of_more_than_a_page_is_whole()
    {
        var store = await CreateAsync();
        var keys = Enumerable.Range(0, 1203).Select(i => $"many/{i:D5}").ToArray();
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (key, ct) => await store.PutAsync(key, new byte[] { 1 }, "text/plain", ct));

        Assert.That(await ListAsync(store, "many/"), Is.EqualTo(keys));
        Assert.That(await ListAsync(store, "many/", keys[1100]), Is.EqualTo(keys[1101..]));
    }

    [Test]
    public async Task The_place_is_made_once()
    {
        var store = await CreateAsync();
        Assert.That(await store.EnsureExistsAsync(None), Is.False, "the fixture has made it");
    }

    protected static async Task<string[]> ListAsync(IObjectStore store, string prefix, string? startAfter = null)
    {
        var keys = new List<string>();
        await foreach (var item in store.ListAsync(prefix, startAfter, None))
        {
            keys.Add(item.Key);
        }

        return [.. keys];
    }
}
