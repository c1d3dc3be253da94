using System.Text;
using System.Text.Json;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Lake;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Api;

[TestFixture("folder")]
[TestFixture("S3")]
internal sealed class StorageTests(string kind)
{
    private static readonly string[] Keys =
    [
        .. from hour in Enumerable.Range(0, 24) select $"raw-data/sensor_type=traffic/city=Łódź/year=2026/month=01/day=15/hour={hour:00}/a-0-{hour}.parquet",
        "aggregated-data/sensor_type=energy/city=Bonn/year=2026/month=01/day=15/b.parquet",
    ];

    private ApiUnderTest _api = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        var database = await ApiUnderTest.NewDatabaseAsync(DatabaseProvider.Sqlite);
        LakeOptions options;
        if (kind == "S3")
        {
            var s3 = await TestServers.S3Async();
            options = new LakeOptions
            {
                Endpoint = s3.Endpoint.ToString(),
                AccessKey = s3.AccessKey,
                SecretKey = s3.SecretKey,
                Region = s3.Region,
                Bucket = await s3.CreateBucketAsync(),
            };
            _api = await ApiUnderTest.StartAsync(
                database, ("Lake:Endpoint", options.Endpoint), ("Lake:AccessKey", s3.AccessKey), ("Lake:SecretKey", s3.SecretKey), ("Lake:Region", s3.Region),
                ("Lake:Bucket", options.Bucket));
        }
        else
        {
            _api = await ApiUnderTest.StartAsync(database);
            options = new LakeOptions { Folder = _api.LakeFolder };
        }

        var lake = LakeStore.Create(options);
        foreach (string key in Keys)
        {
            await lake.PutAsync(key, Encoding.UTF8.GetBytes(key), "application/octet-stream", CancellationToken.None);
        }
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_api is not null)
        {
            await _api.DisposeAsync();
        }
    }

    [Test]
    public async Task Stats_count_objects_and_bytes_by_root_and_type()
    {
        var stats = await _api.JsonAsync("/storage/stats");
        Assert.Multiple(() =>
        {
            Assert.That(stats.GetProperty("total_objects").GetInt32(), Is.EqualTo(25));
            Assert.That(stats.GetProperty("total_bytes").GetInt64(), Is.EqualTo(Keys.Sum(key => Encoding.UTF8.GetByteCount(key))));
            Assert.That(stats.GetProperty("by_root").GetProperty("raw-data").GetProperty("objects").GetInt32(), Is.EqualTo(24));
            Assert.That(stats.GetProperty("by_sensor_type").GetProperty("energy").GetProperty("objects").GetInt32(), Is.EqualTo(1));
            Assert.That(stats.GetProperty("lake").GetString(), Does.Not.Contain("secret").IgnoreCase);
        });
    }

    [Test]
    public async Task Paging_lists_each_object_once_in_order()
    {
        var seen = new List<string>();
        await foreach (var page in _api.PagesAsync("/storage/list?limit=7"))
        {
            Assert.That(page.GetProperty("count").GetInt32(), Is.EqualTo(page.GetProperty("objects").GetArrayLength()));
            seen.AddRange(page.GetProperty("objects").EnumerateArray().Select(one => one.GetProperty("key").GetString()!));
        }

        Assert.That(seen, Is.EqualTo(Keys.Order(StringComparer.Ordinal)));
    }

    [Test]
    public async Task A_prefix_narrows_the_list()
    {
        string prefix = Uri.EscapeDataString("raw-data/sensor_type=traffic/city=Łódź/year=2026/month=01/day=15/hour=0");
        Assert.That((await _api.JsonAsync("/storage/list?prefix=" + prefix)).GetProperty("count").GetInt32(), Is.EqualTo(10));
        Assert.That((await _api.JsonAsync("/storage/list?prefix=nothing/here")).GetProperty("count").GetInt32(), Is.Zero);
    }

    [TestCase("prefix=../", "prefix")]
    [TestCase("prefix=raw-data/../../etc/", "prefix")]
    [TestCase("prefix=/etc/", "prefix")]
    [TestCase("prefix=a//b", "prefix")]
    [TestCase("prefix=a%5Cb", "prefix")]
    [TestCase("prefix=a%00", "prefix")]
    [TestCase("limit=1001", "limit")]
    [TestCase("cursor=!!", "cursor")]
    [TestCase("cursor=Li4vLi4vZXRj", "cursor")]
    [TestCase("prefx=a", "prefx")]
    public async Task What_would_leave_the_lake_or_is_not_understood_is_refused(string query, string parameter)
    {
        var problem = await _api.ProblemAsync("/storage/list?" + query, 400);
        Assert.That(problem.GetProperty("errors").EnumerateObject().Select(error => error.Name), Is.EqualTo((string[])[parameter]));
    }
}
