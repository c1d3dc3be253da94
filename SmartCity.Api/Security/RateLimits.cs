using System.Threading.RateLimiting;

using SmartCity.Api.Configuration;
using SmartCity.Api.Errors;

namespace SmartCity.Api.Security;

/// <summary>
/// So many requests a minute for each key, or for each address where there is no (valid) key: a made-up key buys no new allowance. Bursts may use ten seconds'
/// worth at once. Health, metrics and the page's files are free.
/// </summary>
internal static class RateLimits
{
    private static readonly PathString[] Free = ["/health", "/metrics", "/ui", "/lib"];

    public static IServiceCollection AddRateLimits(this IServiceCollection services, ApiSettings settings) => services.AddRateLimiter(limiter =>
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.OnRejected = async (rejected, _) =>
        {
            var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
            await Problems.TooMany(settings.RequestsPerMinute, wait).ExecuteAsync(rejected.HttpContext);
        };
        if (settings.RequestsPerMinute > 0)
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => Partition(context, settings.RequestsPerMinute));
        }
    });

    private static RateLimitPartition<string> Partition(HttpContext context, int perMinute)
    {
        if (Free.Any(path => context.Request.Path.StartsWithSegments(path)))
        {
            return RateLimitPartition.GetNoLimiter("");
        }

        var key = context.RequestServices.GetRequiredService<KeyRing>().Find(context.Request);
        string caller = key is null ? "address " + context.Connection.RemoteIpAddress : "key " + key.Name;
        return RateLimitPartition.GetTokenBucketLimiter(caller, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = Math.Max(1, perMinute / 6),
            TokensPerPeriod = Math.Max(1, perMinute / 60),
            ReplenishmentPeriod = perMinute >= 60 ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(1) / perMinute,
            QueueLimit = 0,
        });
    }
}
