using Polly;
using Polly.Retry;

namespace SmartCity.Streams.Hosting;

/// <summary>Trying again for as long as it takes, with growing pauses and jitter.</summary>
internal static class Patience
{
    /// <summary>
    /// Runs <paramref name="attempt"/> until it succeeds or is cancelled; <paramref name="failed"/> hears of each failure and of the pause that follows.
    /// What <paramref name="isTemporary"/> refuses is thrown.
    /// </summary>
    public static async Task<T> UntilDoneAsync<T>(
        Func<CancellationToken, Task<T>> attempt, Func<Exception, bool> isTemporary, Action<Exception, TimeSpan> failed, TimeProvider clock, CancellationToken cancellation)
    {
        var options = new RetryStrategyOptions
        {
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(500),
            MaxDelay = TimeSpan.FromSeconds(15),
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } error && !cancellation.IsCancellationRequested && isTemporary(error)),
            OnRetry = arguments =>
            {
                failed(arguments.Outcome.Exception!, arguments.RetryDelay);
                return ValueTask.CompletedTask;
            },
        };
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = clock }.AddRetry(options).Build();
        try
        {
            return await pipeline.ExecuteAsync(async token => await attempt(token), cancellation);
        }
        catch (Exception error) when (cancellation.IsCancellationRequested && isTemporary(error))
        {
            throw new OperationCanceledException("Cancelled while waiting.", error, cancellation);
        }
    }
}
