using Microsoft.Extensions.Time.Testing;

using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.State;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Engine.Runtime;

[TestFixture]
internal sealed class RocksDbStoreTests
{
    private readonly List<string> _discarded = [];
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 15, 14, 0, 0, TimeSpan.Zero));
    private string _folder = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = Scratch.Folder("rocksdb");
        _discarded.Clear();
    }

    [TearDown]
    public void TearDown() => Scratch.Remove(_folder);

    [Test]
    public void It_gives_back_what_was_applied_in_the_order_of_bytes()
    {
        using var store = Open();
        store.Apply([new([200], [1]), new([1, 2], [2]), new([1], [3]), new([255, 255], [4])], 10);
        store.Apply([new([1], null), new([7], [])], 20);

        Assert.Multiple(() =>
        {
            Assert.That(store.Get([1, 2]), Is.EqualTo(new byte[] { 2 }));
            Assert.That(store.Get([7]), Is.Empty);
            Assert.That(store.Get([1]), Is.Null);
            Assert.That(store.Scan([], [255, 255]).Select(e => e.Key), Is.EqualTo(new byte[][] { [1, 2], [7], [200] }));
            Assert.That(store.Scan([2], [200]).Select(e => e.Key), Is.EqualTo(new byte[][] { [7] }));
            Assert.That(store.CheckpointOffset, Is.EqualTo(20));
        });
    }

    [Test]
    public void A_scan_does_not_see_what_is_applied_while_it_runs()
    {
        using var store = Open();
        store.Apply([new([1], [1]), new([2], [2])], 1);
        var seen = new List<byte[]>();
        foreach (var (key, _) in store.Scan([0], [9]))
        {
            seen.Add(key);
            store.Apply([new([5], [5]), new([2], null)], null);
        }

        Assert.That(seen, Is.EqualTo(new byte[][] { [1], [2] }));
        Assert.That(store.Scan([0], [9]).Select(e => e.Key), Is.EqualTo(new byte[][] { [1], [5] }));
    }

    [Test]
    public void It_is_as_it_was_when_it_is_opened_again()
    {
        using (var store = Open())
        {
            store.Apply([new([1], [42])], 7);
        }

        using var again = Open();
        Assert.Multiple(() =>
        {
            Assert.That(again.Get([1]), Is.EqualTo(new byte[] { 42 }));
            Assert.That(again.CheckpointOffset, Is.EqualTo(7));
            Assert.That(_discarded, Is.Empty);
        });
    }

    [Test]
    public void What_a_crash_leaves_is_whole_batches_up_to_the_checkpoint_it_names()
    {
        // A copy of the folder of an open store is what a killed process leaves behind: what was flushed, and not what is still in memory.
        using var store = Open();
        for (var flushed = 100; flushed <= 300; flushed += 100)
        {
            for (var i = flushed - 99; i <= flushed; i++)
            {
                ApplyBatch(store, i);
            }

            store.Flush();
            ApplyBatch(store, flushed + 1);

            using var crashed = Open(Copy($"crash-{flushed}"));
            Assert.That(crashed.CheckpointOffset, Is.EqualTo(flushed));
            Assert.That(crashed.Get([1]), Is.EqualTo(BitConverter.GetBytes(flushed)));
            Assert.That(crashed.Get([3]), Is.EqualTo(BitConverter.GetBytes(flushed)));
        }

        Assert.That(_discarded, Is.Empty);

        static void ApplyBatch(RocksDbStore store, int i) =>
            store.Apply([new([1], BitConverter.GetBytes(i)), new([2, (byte)i], new byte[1000]), new([3], BitConverter.GetBytes(i))], i);
    }

    [Test]
    public void A_damaged_store_is_discarded_with_its_reason()
    {
        using (var store = Open())
        {
            store.Apply([new([1], new byte[1000])], 7);
        }

        foreach (var file in Directory.GetFiles(StorePath(), "MANIFEST-*").Concat(Directory.GetFiles(StorePath(), "*.sst")))
        {
            File.WriteAllText(file, "not what RocksDB wrote");
        }

        using var again = Open();
        Assert.Multiple(() =>
        {
            Assert.That(_discarded, Has.Count.EqualTo(1));
            Assert.That(again.CheckpointOffset, Is.Null);
            Assert.That(again.Get([1]), Is.Null);
        });
    }

    [TestCase(100, 0, TestName = "A_store_whose_checkpoint_lies_in_a_damaged_block_is_begun_anew_at_once")]
    [TestCase(150_000, 1, TestName = "A_block_that_does_not_match_its_checksum_marks_the_store_and_the_next_start_begins_anew")]
    public void A_damaged_block_costs_the_store(int place, int starts)
    {
        var random = new Random(1);
        using (var store = Open())
        {
            store.Apply([.. Enumerable.Range(0, 200).Select(i => new StoreWrite([1, (byte)i], Bytes(random)))], 7);
        }

        string file = Directory.GetFiles(StorePath(), "*.sst").Single();
        byte[] bytes = File.ReadAllBytes(file);
        bytes[place] ^= 0xff;
        File.WriteAllBytes(file, bytes);
        for (int start = 0; start < starts; start++)
        {
            using RocksDbStore store = Open();
            Assert.That(_discarded, Is.Empty, "it opens, since nobody has looked at the block yet");
            Assert.That(() => store.Scan([], [9]).Count(), Throws.TypeOf<StreamsException>().With.Message.Contains("checksum"));
        }

        using RocksDbStore again = Open();
        Assert.That(_discarded, Has.Count.EqualTo(1));
        Assert.That(again.CheckpointOffset, Is.Null);

        static byte[] Bytes(Random random)
        {
            byte[] value = new byte[1000];
            random.NextBytes(value);
            return value;
        }
    }

    [Test]
    public void A_store_of_another_changelog_is_discarded()
    {
        using (var store = Open(identity: "one"))
        {
            store.Apply([new([1], [1])], 7);
        }

        using var again = Open(identity: "two");
        Assert.That(again.CheckpointOffset, Is.Null);
        Assert.That(_discarded.Single(), Does.Contain("changelog"));
    }

    [Test]
    public void A_store_that_was_away_longer_than_deletions_are_kept_is_discarded()
    {
        using (var store = Open())
        {
            store.Apply([new([1], [1])], 7);
        }

        _clock.Advance(TimeSpan.FromDays(2));
        using (var still = Open())
        {
            Assert.That(still.CheckpointOffset, Is.EqualTo(7));
        }

        _clock.Advance(TimeSpan.FromDays(2));
        using var again = Open();
        Assert.That(again.CheckpointOffset, Is.Null);
        Assert.That(_discarded, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_store_that_is_open_elsewhere_is_busy_and_left_alone()
    {
        using var store = Open();
        store.Apply([new([1], [1])], 7);

        Assert.That(() => Open(), Throws.TypeOf<StoreBusyException>());
        Assert.That(store.Get([1]), Is.Not.Null);
        Assert.That(_discarded, Is.Empty);
    }

    private string StorePath() => Path.Combine(_folder, "0");

    private RocksDbStore Open(string? path = null, string identity = "changelog-id") =>
        RocksDbStore.Open(path ?? StorePath(), identity, _clock, TimeSpan.FromDays(3), _discarded.Add);

    private string Copy(string name)
    {
        var target = Path.Combine(_folder, name);
        Directory.CreateDirectory(target);
        foreach (var file in Directory.GetFiles(StorePath()))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        return target;
    }
}
