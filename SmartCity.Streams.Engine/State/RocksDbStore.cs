using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RocksDbSharp;

namespace SmartCity.Streams.Engine.State;

/// <summary>
/// A window store on local disk. There is no write-ahead log: what a crash loses from the memtable is restored from the changelog. Everything lives in
/// one column family, so a flush always persists a prefix of the batches, and the checkpoint that travels in each batch tells exactly which prefix.
/// </summary>
internal sealed class RocksDbStore : IStateStore
{
    // The first byte of a key parts our own entries from the task's.
    private const byte Meta = 0;
    private const byte Data = 1;
    private static readonly byte[] s_checkpointKey = [Meta, (byte)'c'];
    private static readonly byte[] s_identityKey = [Meta, (byte)'i'];

    // One cache for every store of the process, or the memory would grow with the number of tasks.
    private static readonly Cache s_blockCache = Cache.CreateLru(32UL << 20);

    private readonly RocksDb _db;
    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly WriteOptions _noLog = new WriteOptions().DisableWal(1);
    private readonly ReadOptions _reads = new();
    private byte[] _keyBuffer = new byte[256];
    private bool _dirty;
    private bool _disposed;

    private RocksDbStore(RocksDb db, string path, TimeProvider clock)
    {
        _db = db;
        _path = path;
        _clock = clock;
        var checkpoint = db.Get(s_checkpointKey);
        if (checkpoint is { Length: 16 })
        {
            CheckpointOffset = BinaryPrimitives.ReadInt64BigEndian(checkpoint);
            CheckpointTime = DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(checkpoint.AsSpan(8)));
        }
    }

    /// <inheritdoc/>
    public long? CheckpointOffset { get; private set; }

    /// <summary>The wall-clock time of the last checkpoint. A store older than the changelog keeps tombstones cannot be brought up to date any more.</summary>
    public DateTimeOffset? CheckpointTime { get; private set; }

    /// <summary>Bytes in files and memtables, roughly.</summary>
    public long SizeBytes => Property("rocksdb.total-sst-files-size") + Property("rocksdb.cur-size-all-mem-tables");

    /// <summary>
    /// Opens the store in a folder, or makes it. A store that does not open, was marked damaged, or belongs to another changelog
    /// (<paramref name="identity"/>) is deleted and begun anew; <paramref name="discarded"/> then gets the reason.
    /// </summary>
    /// <exception cref="StoreBusyException">Another task of this process has not let go of it yet.</exception>
    public static RocksDbStore Open(string path, string identity, TimeProvider clock, TimeSpan maxAge, Action<string> discarded)
    {
        var reason = File.Exists(DamageMark(path)) ? "it was marked as damaged when it was last used" : null;
        if (reason is null)
        {
            try
            {
                var store = OpenOnce(path, clock);
                reason = store.WhyUnfit(identity, maxAge);
                if (reason is null)
                {
                    return store;
                }

                store.Dispose();
            }
            catch (RocksDbException e) when (!IsNoDamage(e))
            {
                reason = e.Message;
            }
            catch (RocksDbException e) when (IsLock(e))
            {
                throw new StoreBusyException($"The store in {path} is still held by another task.", e);
            }
        }

        if (Directory.Exists(path))
        {
            discarded(reason);
            Directory.Delete(path, recursive: true);
        }

        var fresh = OpenOnce(path, clock);
        fresh.Claim(identity);
        return fresh;
    }

    /// <inheritdoc/>
    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        try
        {
            return _db.Get(Prefixed(key), readOptions: _reads);
        }
        catch (RocksDbException e)
        {
            throw Damaged(e);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<(byte[] Key, byte[] Value)> Scan(byte[] from, byte[] to)
    {
        using var range = new Range(_db, from, to);
        while (range.Next(out var key, out var value))
        {
            yield return (key, value);
        }

        if (range.Error is { } error)
        {
            throw Damaged(error);
        }
    }

    /// <inheritdoc/>
    public void Apply(IReadOnlyCollection<StoreWrite> writes, long? changelogOffset)
    {
        using var batch = new WriteBatch();
        foreach (var write in writes)
        {
            if (write.Value is null)
            {
                batch.Delete(Prefixed(write.Key));
            }
            else
            {
                batch.Put(Prefixed(write.Key), write.Value);
            }
        }

        var now = _clock.GetUtcNow();
        if (changelogOffset is { } offset)
        {
            Span<byte> checkpoint = stackalloc byte[16];
            BinaryPrimitives.WriteInt64BigEndian(checkpoint, offset);
            BinaryPrimitives.WriteInt64BigEndian(checkpoint[8..], now.ToUnixTimeMilliseconds());
            batch.Put(s_checkpointKey, checkpoint);
        }

        try
        {
            _db.Write(batch, _noLog);
        }
        catch (RocksDbException e)
        {
            throw Damaged(e);
        }

        _dirty = true;
        if (changelogOffset is not null)
        {
            CheckpointOffset = changelogOffset;
            CheckpointTime = now;
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        if (_dirty)
        {
            _db.Flush(new FlushOptions().SetWaitForFlush(true));
            _dirty = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        try
        {
            Flush();
        }
        catch (RocksDbException)
        {
            // The changelog has it all; a failed flush costs a longer restore and nothing else.
        }

        _db.Dispose();
    }

    private static RocksDbStore OpenOnce(string path, TimeProvider clock)
    {
        Directory.CreateDirectory(path);
        var table = new BlockBasedTableOptions()
            .SetBlockCache(s_blockCache).SetCacheIndexAndFilterBlocks(true).SetPinL0FilterAndIndexBlocksInCache(true)
            .SetFilterPolicy(BloomFilterPolicy.Create(10, false)).SetFormatVersion(5);
        var options = new DbOptions()
            .SetCreateIfMissing(true).SetBlockBasedTableFactory(table)
            .SetWriteBufferSize(8UL << 20).SetMaxWriteBufferNumber(3).SetMaxOpenFiles(128)
            .SetCompression(Compression.Lz4).SetStatsDumpPeriodSec(0)
            .SetInfoLogLevel(InfoLogLevel.Warn).SetKeepLogFileNum(2).SetMaxLogFileSize(1UL << 20);
        var db = RocksDb.Open(options, path);
        try
        {
            return new RocksDbStore(db, path, clock);
        }
        catch (RocksDbException)
        {
            // The checkpoint lies in a damaged block. The lock must not outlive the attempt, or the folder could not be begun anew.
            db.Dispose();
            throw;
        }
    }

    private static string DamageMark(string path) => Path.Combine(path, "DAMAGED");

    // "While lock file: …/LOCK: Resource temporarily unavailable", or "lock hold by current process, …". Not every message with these letters: damage is a "block checksum mismatch".
    private static bool IsLock(RocksDbException e) => e.Message.Contains("lock hold by", StringComparison.Ordinal) || e.Message.Contains("While lock file", StringComparison.Ordinal);

    // What deleting the store would not cure.
    private static bool IsNoDamage(RocksDbException e) =>
        IsLock(e) || e.Message.Contains("No space left", StringComparison.Ordinal)
        || e.Message.Contains("Permission denied", StringComparison.Ordinal) || e.Message.Contains("Too many open files", StringComparison.Ordinal);

    private string? WhyUnfit(string identity, TimeSpan maxAge)
    {
        var owner = _db.Get(s_identityKey);
        if (owner is null && CheckpointOffset is null)
        {
            Claim(identity); // Made, but killed before anything reached the disk.
            return null;
        }

        if (owner is null || System.Text.Encoding.UTF8.GetString(owner) != identity)
        {
            return "it belongs to a changelog topic that was deleted or replaced";
        }

        return CheckpointTime is { } time && _clock.GetUtcNow() - time > maxAge
            ? $"it was last used on {time:u}, and the changelog may have dropped deletions since"
            : null;
    }

    private void Claim(string identity) => _db.Put(s_identityKey, System.Text.Encoding.UTF8.GetBytes(identity), writeOptions: _noLog);

    private ReadOnlySpan<byte> Prefixed(ReadOnlySpan<byte> key)
    {
        if (_keyBuffer.Length <= key.Length)
        {
            _keyBuffer = new byte[(key.Length + 1) * 2];
        }

        _keyBuffer[0] = Data;
        key.CopyTo(_keyBuffer.AsSpan(1));
        return _keyBuffer.AsSpan(0, key.Length + 1);
    }

    private StreamsException Damaged(RocksDbException e)
    {
        if (!IsNoDamage(e))
        {
            try
            {
                File.WriteAllText(DamageMark(_path), e.Message);
            }
            catch (IOException)
            {
                // The mark only saves the next start from finding out by itself.
            }
        }

        return new StreamsException($"The state store in {_path} failed: {e.Message}. Restart the worker: the store is then restored from its changelog.", e);
    }

    private long Property(string name) =>
        !_disposed && long.TryParse(_db.GetProperty(name), System.Globalization.CultureInfo.InvariantCulture, out var value) ? value : 0;

    /// <summary>An iterator with an upper bound, which spares it the tombstones of finalized windows behind its end.</summary>
    private sealed unsafe class Range : IDisposable
    {
        private readonly Iterator _iterator;
        private readonly byte* _bound;
        private bool _started;

        public Range(RocksDb db, byte[] from, byte[] to)
        {
            // RocksDB keeps the pointer for the life of the iterator, so the bound must not move.
            _bound = (byte*)NativeMemory.Alloc((nuint)to.Length + 1);
            _bound[0] = Data;
            to.CopyTo(new Span<byte>(_bound + 1, to.Length));
            _iterator = db.NewIterator(readOptions: new ReadOptions().SetIterateUpperBound(_bound, (ulong)to.Length + 1));
            var start = new byte[from.Length + 1];
            start[0] = Data;
            from.CopyTo(start, 1);
            _iterator.Seek(start);
        }

        public RocksDbException? Error { get; private set; }

        public bool Next(out byte[] key, out byte[] value)
        {
            key = value = [];
            if (_started)
            {
                _iterator.Next();
            }

            _started = true;
            if (!_iterator.Valid())
            {
                Error = Status();
                return false;
            }

            key = _iterator.GetKeySpan()[1..].ToArray();
            value = _iterator.GetValueSpan().ToArray();
            return true;
        }

        public void Dispose()
        {
            _iterator.Dispose();
            NativeMemory.Free(_bound);
        }

        // An iterator that met damage just ends; without this check a scan would be silently short.
        private RocksDbException? Status()
        {
            nint error = 0;
            Native.Instance.rocksdb_iter_get_error(_iterator.Handle, out error);
            return error == 0 ? null : new RocksDbException(error);
        }
    }
}

/// <summary>The store is open elsewhere in this process; try again soon.</summary>
internal sealed class StoreBusyException(string message, Exception inner) : Exception(message, inner);
