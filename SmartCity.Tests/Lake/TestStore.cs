using System.Collections.Concurrent;

using SmartCity.Domain.Lake;

namespace SmartCity.Tests.Lake;

/// <summary>A store that a test can make fail or hang before or after a put.</summary>
internal sealed class TestStore(IObjectStore inner) : IObjectStore
{
    private int _puts;

    /// <summary>Stands before each put, with its number from 1.</summary>
    public Func<int, CancellationToken, Task> BeforePut { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Stands after each put has been done.</summary>
    public Func<int, CancellationToken, Task> AfterPut { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Everything that was put, in order of completion.</summary>
    public ConcurrentQueue<string> Puts { get; } = [];

    public string Description => inner.Description;

    public Task<bool> EnsureExistsAsync(CancellationToken cancellationToken) => inner.EnsureExistsAsync(cancellationToken);

    public async Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _puts);
        await BeforePut(number, cancellationToken);
        await inner.PutAsync(key, content, contentType, cancellationToken);
        Puts.Enqueue(key);
        await AfterPut(number, cancellationToken);
    }

    public async Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken)
        => await PutAsync(key, await File.ReadAllBytesAsync(path, cancellationToken), contentType, cancellationToken);

    public Task<bool> GetFileAsync(string key, string path, CancellationToken cancellationToken) => inner.GetFileAsync(key, path, cancellationToken);

    public Task<byte[]?> GetAsync(string key, CancellationToken cancellationToken) => inner.GetAsync(key, cancellationToken);

    public Task<LakeObject?> HeadAsync(string key, CancellationToken cancellationToken) => inner.HeadAsync(key, cancellationToken);

    public IAsyncEnumerable<LakeObject> ListAsync(string prefix, string? startAfter, CancellationToken cancellationToken) => inner.ListAsync(prefix, startAfter, cancellationToken);

    public Task DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);
}
