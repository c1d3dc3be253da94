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
    public async Task Uploads_that_a_killed_process_left_behind_are_removed_after_a_day()
    {
        var store = await CreateAsync();
        var uploads = Directory.CreateDirectory(Path.Combine(_folder, ".uploads")).FullName;
        await File.WriteAllTextAsync(Path.Combine(uploads, "old"), "x");
        File.SetLastWriteTimeUtc(Path.Combine(uploads, "old"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        await File.WriteAllTextAsync(Path.Combine(uploads, "new"), "x");
        await store.EnsureExistsAsync(CancellationToken.None);
        Assert.That(Directory.GetFiles(uploads).Select(Path.GetFileName), Is.EqualTo(new[] { "new" }));
        Assert.That(await ListAsync(store, ""), Is.Empty);
    }

    [Test]
    public async Task A_folder_that_cannot_be_written_says_so()
    {
        var store = await CreateAsync();
        await store.PutAsync("a", new byte[] { 1 }, "text/plain", CancellationToken.None);
        Assert.That(() => store.PutAsync("a/b", new byte[] { 1 }, "text/plain", CancellationToken.None), Throws.InstanceOf<LakeUnavailableException>());
    }
}
