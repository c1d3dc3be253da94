using SmartCity.Domain.Lake;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Lake;

internal sealed class S3ObjectStoreTests : ObjectStoreContract
{
    private readonly List<S3ObjectStore> _stores = [];

    [TearDown]
    public void CloseStores()
    {
        _stores.ForEach(s => s.Dispose());
        _stores.Clear();
    }

    protected override async Task<IObjectStore> CreateAsync()
    {
        var store = await OpenAsync($"lake-{Guid.NewGuid():N}");
        Assert.That(await store.EnsureExistsAsync(CancellationToken.None), Is.True);
        return store;
    }

    [Test]
    public async Task A_missing_bucket_is_an_unavailable_lake_and_not_an_empty_one()
    {
        var store = await OpenAsync($"lake-{Guid.NewGuid():N}");
        Assert.That(() => store.GetAsync("a", CancellationToken.None), Throws.InstanceOf<LakeUnavailableException>());
        Assert.That(() => store.HeadAsync("a", CancellationToken.None), Throws.InstanceOf<LakeUnavailableException>());
        Assert.That(() => store.PutAsync("a", new byte[] { 1 }, "text/plain", CancellationToken.None), Throws.InstanceOf<LakeUnavailableException>());
        Assert.That(() => ListAsync(store, ""), Throws.InstanceOf<LakeUnavailableException>());
        Assert.That(() => ListAsync(store, "", "a"), Throws.InstanceOf<LakeUnavailableException>());
    }

    [Test]
    public async Task A_wrong_key_or_an_absent_server_is_an_unavailable_lake()
    {
        var server = await TestServers.S3Async();
        using var wrongKey = new S3ObjectStore(new LakeOptions { Endpoint = server.Endpoint.ToString(), AccessKey = server.AccessKey, SecretKey = "wrong", Region = server.Region });
        using var nobody = new S3ObjectStore(new LakeOptions { Endpoint = "http://127.0.0.1:1", AccessKey = "a", SecretKey = "b" });
        foreach (var store in new[] { wrongKey, nobody })
        {
            Assert.That(() => store.EnsureExistsAsync(CancellationToken.None), Throws.InstanceOf<LakeUnavailableException>());
            Assert.That(() => store.GetAsync("a", CancellationToken.None), Throws.InstanceOf<LakeUnavailableException>());
            Assert.That(() => store.PutAsync("a", new byte[] { 1 }, "text/plain", CancellationToken.None), Throws.InstanceOf<LakeUnavailableException>());
            Assert.That(() => ListAsync(store, ""), Throws.InstanceOf<LakeUnavailableException>());
        }
    }

    [Test]
    public async Task Stopping_is_not_mistaken_for_an_unavailable_lake()
    {
        var store = await CreateAsync();
        Assert.That(() => store.PutAsync("a", new byte[] { 1 }, "text/plain", new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }

    private async Task<S3ObjectStore> OpenAsync(string bucket)
    {
        var server = await TestServers.S3Async();
        var store = new S3ObjectStore(new LakeOptions
        {
            Endpoint = server.Endpoint.ToString(),
            AccessKey = server.AccessKey,
            SecretKey = server.SecretKey,
            Region = server.Region,
            Bucket = bucket,
        });
        _stores.Add(store);
        return store;
    }
}
