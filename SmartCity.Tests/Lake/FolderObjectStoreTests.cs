using SmartCity.Domain.Lake;

namespace SmartCity.Tests.Lake;

internal sealed class FolderObjectStoreTests : ObjectStoreContract
{
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Path.Combine(Path.GetTempPath(), "smartcity-lake-" + Guid.NewGuid().ToString("N"));

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    protected override async Task<IObjectStore> CreateAsync()
    {
        var store = new FolderObjectStore(_folder);
        await store.EnsureExistsAsync(CancellationToken.None);
        return store;
    }

    [Test]
    public async Task A_put_leaves_nothing_beside_its_object_and_the_uploads_folder_cannot_be_reached()
    {
        var store = await CreateAsync();
        await store.PutAsync("a/b", new byte[] { 1 }, "text/plain", CancellationToken.None);
        var files = Directory.GetFiles(_folder, "*", SearchOption.AllDirectories);
        Assert.That(files, Is.EqualTo(new[] { Path.Combine(_folder, "a", "b") }));
        Assert.That(() => store.PutAsync(".uploads/x", new byte[] { 1 }, "text/plain", CancellationToken.None), Throws.ArgumentException);
    }

    [Test]
    public async Task A_folder_that_cannot_be_written_says_so()
    {
        var store = await CreateAsync();
        await store.PutAsync("a", new byte[] { 1 }, "text/plain", CancellationToken.None);
        Assert.That(() => store.PutAsync("a/b", new byte[] { 1 }, "text/plain", CancellationToken.None), Throws.InstanceOf<LakeUnavailableException>());
    }
}
