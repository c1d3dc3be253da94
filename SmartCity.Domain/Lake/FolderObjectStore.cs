namespace SmartCity.Domain.Lake;

/// <summary>
/// A lake in a folder of the local disk. An object is written to a file of its own beside the lake's and then moved into place, so that no reader
/// and no crash sees half of one.
/// </summary>
public sealed class FolderObjectStore : IObjectStore
{
    private const string UploadsFolder = ".uploads";

    private readonly string _root;

    /// <summary>Makes a store in <paramref name="folder"/>, which need not exist yet.</summary>
    public FolderObjectStore(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
    }

    /// <inheritdoc/>
    public string Description => $"folder {_root}";

    /// <inheritdoc/>
    public Task<bool> EnsureExistsAsync(CancellationToken cancellationToken) => Guarded("be made", () =>
    {
        var missing = !Directory.Exists(_root);
        Directory.CreateDirectory(_root);
        RemoveAbandonedUploads();
        return Task.FromResult(missing);
    });

    /// <inheritdoc/>
    public Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken)
        => PutAsync(key, file => file.WriteAsync(content, cancellationToken).AsTask());

    /// <inheritdoc/>
    public Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken) => PutAsync(key, async file =>
    {
        await using FileStream source = File.OpenRead(path);
        await source.CopyToAsync(file, cancellationToken);
    });

    /// <inheritdoc/>
    public Task<byte[]?> GetAsync(string key, CancellationToken cancellationToken) => Guarded($"give {key}", async () =>
    {
        try
        {
            return await File.ReadAllBytesAsync(PathOf(key), cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    });

    /// <inheritdoc/>
    public Task<bool> GetFileAsync(string key, string path, CancellationToken cancellationToken) => Guarded($"give {key}", () =>
    {
        var source = PathOf(key);
        if (!File.Exists(source))
        {
            return Task.FromResult(false);
        }

        File.Copy(source, path, overwrite: true);
        return Task.FromResult(true);
    });

    /// <inheritdoc/>
    public Task<LakeObject?> HeadAsync(string key, CancellationToken cancellationToken) => Guarded($"describe {key}", () =>
    {
        var file = new FileInfo(PathOf(key));
        return Task.FromResult(file.Exists ? new LakeObject(key, file.Length, file.LastWriteTimeUtc) : null);
    });

    /// <inheritdoc/>
    public IAsyncEnumerable<LakeObject> ListAsync(string prefix, string? startAfter, CancellationToken cancellationToken)
        => LakeTree.WalkAsync(prefix, startAfter, ListFolderAsync, listWhole: null, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) => Guarded($"remove {key}", () =>
    {
        var path = PathOf(key);
        if (File.Exists(path))
        {
            File.Delete(path);
        }

        return Task.FromResult(true);
    });

    private Task<bool> PutAsync(string key, Func<FileStream, Task> write) => Guarded($"take {key}", async () =>
    {
        var target = PathOf(key);
        var uploads = Path.Combine(_root, UploadsFolder);
        Directory.CreateDirectory(uploads);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var upload = Path.Combine(uploads, Path.GetRandomFileName());
        try
        {
            await using (var file = new FileStream(upload, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
            {
                await write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(upload, target, overwrite: true);
        }
        finally
        {
            File.Delete(upload);
        }

        return true;
    });

    private Task<List<LakeEntry>> ListFolderAsync(string folder, CancellationToken cancellationToken) => Guarded($"list {folder}", () =>
    {
        cancellationToken.ThrowIfCancellationRequested();
        var entries = new List<LakeEntry>();
        var directory = new DirectoryInfo(folder.Length == 0 ? _root : PathOf(folder.TrimEnd('/')));
        if (!directory.Exists)
        {
            return Task.FromResult(entries);
        }

        foreach (var info in directory.EnumerateFileSystemInfos())
        {
            if (info is FileInfo file)
            {
                entries.Add(new LakeEntry(folder + file.Name, new LakeObject(folder + file.Name, file.Length, file.LastWriteTimeUtc)));
            }
            else if (folder.Length > 0 || info.Name != UploadsFolder)
            {
                entries.Add(new LakeEntry(folder + info.Name + "/", null));
            }
        }

        return Task.FromResult(entries);
    });

    /// <summary>A process that was killed leaves its upload behind; what is a day old is nobody's.</summary>
    private void RemoveAbandonedUploads()
    {
        var uploads = new DirectoryInfo(Path.Combine(_root, UploadsFolder));
        if (!uploads.Exists)
        {
            return;
        }

        var yesterday = TimeProvider.System.GetUtcNow().AddDays(-1);
        foreach (var upload in uploads.EnumerateFiles().Where(f => f.LastWriteTimeUtc < yesterday))
        {
            upload.Delete();
        }
    }

    private string PathOf(string key)
    {
        LakeKeys.Validate(key);
        if (key == UploadsFolder || key.StartsWith(UploadsFolder + "/", StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{UploadsFolder}' is the store's own.", nameof(key));
        }

        return Path.Combine(_root, key.Replace('/', Path.DirectorySeparatorChar));
    }

    private async Task<T> Guarded<T>(string what, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LakeUnavailableException($"The lake in {Description} could not {what}: {e.Message}", e);
        }
    }
}
