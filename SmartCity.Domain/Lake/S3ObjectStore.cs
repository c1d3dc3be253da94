using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Web;
using Minio;
using Minio.DataModel;
using Minio.DataModel.Args;
using Minio.Exceptions;

namespace SmartCity.Domain.Lake;

/// <summary>
/// A lake in a bucket of an S3-compatible server. Minio's client signs; objects themselves travel by presigned PUT and GET, since the client would send
/// anything over 5 MiB in parts, copy it three times, leave it unchecked over https, and ask twice before each GET.
/// </summary>
public sealed class S3ObjectStore : IObjectStore, IDisposable
{
    private static readonly TimeSpan BaseTimeout = TimeSpan.FromSeconds(30);
    private const int SlowestBytesPerSecond = 128 * 1024;
    private const int PresignedSeconds = 3600;
    private const int FileBufferBytes = 1 << 20;

    private readonly string _endpoint;
    private readonly string _bucket;
    private readonly string _region;
    private readonly HttpClient _http = new(new EncodedListings(
        new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = TimeSpan.FromSeconds(10) }));

    private readonly IMinioClient _client;

    /// <summary>Makes a store for validated options; nothing is sent yet.</summary>
    public S3ObjectStore(LakeOptions options)
    {
        var endpoint = new Uri(options.Endpoint!);
        _endpoint = endpoint.GetLeftPart(UriPartial.Authority);
        _bucket = options.Bucket;
        _region = options.Region;
        _client = new MinioClient()
            .WithEndpoint(endpoint.Authority)
            .WithSSL(endpoint.Scheme == Uri.UriSchemeHttps)
            .WithRegion(_region)
            .WithCredentials(options.AccessKey, options.SecretKey)
            .WithTimeout((int)BaseTimeout.TotalMilliseconds)
            .WithHttpClient(_http)
            .Build();
    }

    /// <inheritdoc/>
    public string Description => $"bucket {_bucket} at {_endpoint}";

    /// <inheritdoc/>
    public Task<bool> EnsureExistsAsync(CancellationToken cancellationToken) => Guarded("be found or made", async () =>
    {
        if (await _client.BucketExistsAsync(new BucketExistsArgs().WithBucket(_bucket), cancellationToken))
        {
            return false;
        }

        try
        {
            // Without a location the client would fall back to us-east-1, for every later signature too.
            await _client.MakeBucketAsync(new MakeBucketArgs().WithBucket(_bucket).WithLocation(_region), cancellationToken);
            return true;
        }
        catch (ArgumentException e) when (e.Message.StartsWith("Bucket already owned", StringComparison.Ordinal))
        {
            return false;
        }
    }, cancellationToken);

    /// <inheritdoc/>
    public Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken)
    {
        LakeKeys.Validate(key);
        return Guarded($"take {key}", () => PutAsync(key, new ReadOnlyMemoryContent(content), content.Length, Md5(content.Span), contentType, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken)
    {
        LakeKeys.Validate(key);
        return Guarded($"take {key}", async () =>
        {
            await using FileStream file = File.OpenRead(path);
            var md5 = await Md5Async(file, cancellationToken);
            file.Position = 0;
            return await PutAsync(key, new StreamContent(file, FileBufferBytes), file.Length, md5, contentType, cancellationToken);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<byte[]?> GetAsync(string key, CancellationToken cancellationToken) => GetAsync(key, (content, token) => content.ReadAsByteArrayAsync(token), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> GetFileAsync(string key, string path, CancellationToken cancellationToken) => await GetAsync(key, async (content, token) =>
    {
        await using FileStream file = File.Create(path);
        await content.CopyToAsync(file, token);
        return path;
    }, cancellationToken) is not null;

    /// <inheritdoc/>
    public Task<LakeObject?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        LakeKeys.Validate(key);
        return Guarded($"describe {key}", () => StatAsync(key, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<LakeObject> ListAsync(string prefix, string? startAfter, CancellationToken cancellationToken)
        => startAfter is null
            ? ListWholeAsync(prefix, cancellationToken)
            : LakeTree.WalkAsync(prefix, startAfter, ListFolderAsync, ListWholeAsync, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        LakeKeys.Validate(key);
        return Guarded($"remove {key}", async () =>
        {
            await _client.RemoveObjectAsync(new RemoveObjectArgs().WithBucket(_bucket).WithObject(key), cancellationToken);
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
    }

    private async Task<bool> PutAsync(string key, HttpContent content, long length, byte[] md5, string contentType, CancellationToken cancellationToken)
    {
        var url = await _client.PresignedPutObjectAsync(new PresignedPutObjectArgs().WithBucket(_bucket).WithObject(key).WithExpiry(PresignedSeconds));
        using var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = content };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Content.Headers.ContentLength = length;
        // A server that commits a body cut short, or bent on its way, is held to the digest.
        request.Content.Headers.ContentMD5 = md5;
        using var timeout = TimeoutFor(length, cancellationToken);
        using var response = await _http.SendAsync(request, timeout.Token);
        await ThrowUnlessOkAsync(response, timeout.Token);
        if (!IsDigest(response.Headers.ETag, md5) && await StatAsync(key, cancellationToken) is var stored && stored?.Size != length)
        {
            throw new LakeUnavailableException(string.Create(CultureInfo.InvariantCulture, $"it has {stored?.Size} bytes there instead of {length}"));
        }

        return true;
    }

    private Task<T?> GetAsync<T>(string key, Func<HttpContent, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
        where T : class
    {
        LakeKeys.Validate(key);
        return Guarded($"give {key}", async () =>
        {
            var url = await _client.PresignedGetObjectAsync(new PresignedGetObjectArgs().WithBucket(_bucket).WithObject(key).WithExpiry(PresignedSeconds));
            using var timeout = TimeoutFor(0, cancellationToken);
            using var response = await _http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            if (response.StatusCode == HttpStatusCode.NotFound && !(await ErrorOfAsync(response, timeout.Token)).Contains("NoSuchBucket", StringComparison.Ordinal))
            {
                return null;
            }

            await ThrowUnlessOkAsync(response, timeout.Token);
            using var bodyTimeout = TimeoutFor(response.Content.Headers.ContentLength ?? 0, cancellationToken);
            return await read(response.Content, bodyTimeout.Token);
        }, cancellationToken);
    }

    private async Task<LakeObject?> StatAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            var stat = await _client.StatObjectAsync(new StatObjectArgs().WithBucket(_bucket).WithObject(key), cancellationToken);
            return new LakeObject(key, stat.Size, new DateTimeOffset(DateTime.SpecifyKind(stat.LastModified, DateTimeKind.Utc)));
        }
        catch (ObjectNotFoundException)
        {
            return null;
        }
    }

    private async IAsyncEnumerable<LakeObject> ListWholeAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in ItemsAsync(prefix, recursive: true, cancellationToken))
        {
            yield return ObjectOf(item);
        }
    }

    private async Task<List<LakeEntry>> ListFolderAsync(string folder, CancellationToken cancellationToken)
    {
        var entries = new List<LakeEntry>();
        await foreach (var item in ItemsAsync(folder, recursive: false, cancellationToken))
        {
            // The client decodes the keys of objects but leaves common prefixes as they travelled.
            entries.Add(item.IsDir ? new LakeEntry(HttpUtility.UrlDecode(item.Key), null) : new LakeEntry(item.Key, ObjectOf(item)));
        }

        return entries;
    }

    private async IAsyncEnumerable<Item> ItemsAsync(string prefix, bool recursive, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var args = new ListObjectsArgs().WithBucket(_bucket).WithPrefix(prefix).WithRecursive(recursive);
        await using var items = _client.ListObjectsEnumAsync(args, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await Guarded($"list {prefix}", async () => await items.MoveNextAsync(), cancellationToken))
        {
            // Servers on a file system may list a folder itself, as an empty object.
            if (items.Current.IsDir || !items.Current.Key.EndsWith('/'))
            {
                yield return items.Current;
            }
        }
    }

    private static LakeObject ObjectOf(Item item)
        => new(item.Key, (long)item.Size, DateTimeOffset.Parse(item.LastModified, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));

    private static CancellationTokenSource TimeoutFor(long bytes, CancellationToken cancellationToken)
    {
        var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(BaseTimeout + TimeSpan.FromSeconds((double)bytes / SlowestBytesPerSecond));
        return timeout;
    }

    private static async Task ThrowUnlessOkAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            var error = await ErrorOfAsync(response, cancellationToken);
            throw new LakeUnavailableException(string.Create(CultureInfo.InvariantCulture, $"the server answered {(int)response.StatusCode} {response.ReasonPhrase} {error}"));
        }
    }

    private static async Task<string> ErrorOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return text.Length > 500 ? text[..500] : text;
    }

    // A plain PUT's ETag is its MD5; servers that encrypt, or count otherwise, are asked for the size.
    private static bool IsDigest(EntityTagHeaderValue? etag, byte[] md5)
        => etag is not null && etag.Tag.Trim('"').Equals(Convert.ToHexString(md5), StringComparison.OrdinalIgnoreCase);

#pragma warning disable CA5351 // S3's protocol names MD5; it guards against accidents here, not against people.
    private static byte[] Md5(ReadOnlySpan<byte> content) => MD5.HashData(content);

    private static ValueTask<byte[]> Md5Async(Stream content, CancellationToken cancellationToken) => MD5.HashDataAsync(content, cancellationToken);
#pragma warning restore CA5351

    private async Task<T> Guarded<T>(string what, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is not ArgumentException { ParamName: "key" })
        {
            var reason = e is OperationCanceledException ? "no answer in time" : e.Message;
            throw new LakeUnavailableException($"The lake in {Description} could not {what}: {reason}", e);
        }
    }
}
