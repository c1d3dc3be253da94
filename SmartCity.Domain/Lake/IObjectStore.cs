namespace SmartCity.Domain.Lake;

/// <summary>An object in the lake.</summary>
/// <param name="Key">Its key, <c>/</c>-separated, relative to the bucket.</param>
/// <param name="Size">Bytes.</param>
/// <param name="LastModified">When it was last written.</param>
public sealed record LakeObject(string Key, long Size, DateTimeOffset LastModified);

/// <summary>
/// Where the lake's objects lie: an S3-compatible bucket, or a folder in the embedded mode. Only what every such store has: PUT, GET, LIST, HEAD, DELETE.
/// Implementations throw <see cref="LakeUnavailableException"/> when the store cannot be reached or refuses.
/// </summary>
public interface IObjectStore
{
    /// <summary>What this store is and where, for people (never with secrets).</summary>
    string Description { get; }

    /// <summary>Makes the bucket or folder where it is missing and may be made; returns true when it was made now.</summary>
    Task<bool> EnsureExistsAsync(CancellationToken cancellationToken);

    /// <summary>Writes an object whole, over what was there, and verifies its size.</summary>
    Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken);

    /// <summary>As <see cref="PutAsync"/>, from a file of the local disk, for objects that are too large to be held in memory.</summary>
    Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken);

    /// <summary>Reads an object whole; null when there is none.</summary>
    Task<byte[]?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>Reads an object whole into a file of the local disk, over what was there; false when there is none.</summary>
    Task<bool> GetFileAsync(string key, string path, CancellationToken cancellationToken);

    /// <summary>What is known of an object; null when there is none.</summary>
    Task<LakeObject?> HeadAsync(string key, CancellationToken cancellationToken);

    /// <summary>The objects whose key starts with <paramref name="prefix"/>, in UTF-8 byte order of key, after <paramref name="startAfter"/> (excluded).</summary>
    IAsyncEnumerable<LakeObject> ListAsync(string prefix, string? startAfter, CancellationToken cancellationToken);

    /// <summary>Removes an object; nothing happens when there is none.</summary>
    Task DeleteAsync(string key, CancellationToken cancellationToken);
}

/// <summary>The lake cannot be reached, or refuses what is asked of it.</summary>
public sealed class LakeUnavailableException : Exception
{
    /// <summary>Makes one without a message.</summary>
    public LakeUnavailableException()
    {
    }

    /// <summary>Makes one that says what was tried and why it failed.</summary>
    public LakeUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one that says what was tried, and carries the cause.</summary>
    public LakeUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
