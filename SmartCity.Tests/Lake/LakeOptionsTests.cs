using SmartCity.Domain.Lake;

namespace SmartCity.Tests.Lake;

internal sealed class LakeOptionsTests
{
    [Test]
    public void Good_options_have_no_errors()
    {
        Assert.That(new LakeOptions { Folder = "lake" }.Validate(), Is.Empty);
        Assert.That(new LakeOptions { Endpoint = "http://s3:7070", AccessKey = "a", SecretKey = "b" }.Validate(), Is.Empty);
    }

    [Test]
    public void All_errors_come_at_once_each_with_key_value_and_remedy()
    {
        var errors = new LakeOptions
        {
            Endpoint = "s3:7070",
            Bucket = "A_b",
            Region = "",
            FlushInterval = TimeSpan.Zero,
            FlushBytes = 1,
            Format = (LakeFormat)9,
        }.Validate();

        string[] keys = ["Lake:Endpoint", "Lake:Bucket", "Lake:Region", "Lake:AccessKey", "Lake:SecretKey", "Lake:Format", "Lake:FlushInterval", "Lake:FlushBytes"];
        Assert.That(errors, Has.Count.EqualTo(keys.Length));
        foreach (var (error, key) in errors.Zip(keys))
        {
            Assert.That(error, Does.StartWith(key).And.Contain($"Set {key.Replace(":", "__", StringComparison.Ordinal)}"));
        }
    }

    [Test]
    public void A_lake_is_at_one_place()
    {
        Assert.That(new LakeOptions().Validate(), Has.One.Contains("Neither Lake:Endpoint nor Lake:Folder"));
        Assert.That(new LakeOptions { Endpoint = "http://s3", AccessKey = "a", SecretKey = "b", Folder = "lake" }.Validate(), Has.One.Contains("Unset one of"));
        Assert.That(() => LakeStore.Create(new LakeOptions()), Throws.ArgumentException);
    }

    [Test]
    public void Secrets_are_not_printed()
        => Assert.That(new LakeOptions { AccessKey = "visible-key", SecretKey = "hidden-secret" }.ToString(), Does.Not.Contain("hidden-secret").And.Not.Contain("visible-key"));
}
