using System.Net;

using Minio;
using Minio.DataModel.Args;

using SmartCity.Tests.Security;

namespace SmartCity.Tests.Servers;

/// <summary>A store that speaks S3, addressed in path style.</summary>
internal abstract class S3Server : TestServer
{
    private int _buckets;

    /// <summary>Its address, e.g. <c>http://127.0.0.1:7070</c>.</summary>
    public abstract Uri Endpoint { get; }

    public abstract string AccessKey { get; }

    public abstract string SecretKey { get; }

    public abstract string Region { get; }

    /// <summary>The store that SMARTCITY_TEST_S3 (<c>http://ACCESS:SECRET@host:port?region=us-east-1</c>) names.</summary>
    public static Task<Found<S3Server>> FromEnvironment()
        => Task.FromResult(Environment.GetEnvironmentVariable("SMARTCITY_TEST_S3") is { Length: > 0 } address
            ? Found<S3Server>.Here(new Given(new Uri(address)))
            : Found<S3Server>.Not("SMARTCITY_TEST_S3 is not set"));

    /// <summary>Creates an empty bucket and returns its name.</summary>
    public async Task<string> CreateBucketAsync()
    {
        string name = $"test-{Guid.NewGuid():N}-{Interlocked.Increment(ref _buckets)}";
        using IMinioClient client = Client();
        await client.MakeBucketAsync(new MakeBucketArgs().WithBucket(name));
        return name;
    }

    /// <summary>A client of the Minio library.</summary>
    public IMinioClient Client()
        => new MinioClient()
            .WithEndpoint(Endpoint.Authority)
            .WithSSL(Endpoint.Scheme == Uri.UriSchemeHttps)
            .WithCredentials(AccessKey, SecretKey)
            .WithRegion(Region)
            .Build();

    /// <summary>True when something answers HTTP there, be it with an error.</summary>
    protected static async Task<bool> AnswersAsync(Uri address, TestCertificates? certificates = null)
    {
        using var handler = new HttpClientHandler();
        if (certificates is not null)
        {
            handler.ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == certificates.Hash;
        }

        using var client = new HttpClient(handler);
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(address);
            return answer.StatusCode < HttpStatusCode.InternalServerError;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private sealed class Given(Uri address) : S3Server
    {
        private readonly string[] _credentials = [.. address.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString)];

        public override string Origin => $"{Endpoint}, from SMARTCITY_TEST_S3";

        public override Uri Endpoint { get; } = new(address.GetLeftPart(UriPartial.Scheme) + address.Authority);

        public override string AccessKey => _credentials[0];

        public override string SecretKey => _credentials[1];

        public override string Region => address.Query.StartsWith("?region=", StringComparison.Ordinal) ? address.Query["?region=".Length..] : "us-east-1";
    }
}
