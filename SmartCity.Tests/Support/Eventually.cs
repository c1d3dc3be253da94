using System.Diagnostics;

namespace SmartCity.Tests.Support;

/// <summary>Waits until something is so. The deadline is generous: it tells a hang from a slow machine and measures nothing.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>Waits until <paramref name="condition"/> is true; throws <see cref="TimeoutException"/> saying what was waited for.</summary>
    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        TimeSpan deadline = within ?? Patience;
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > deadline)
            {
                throw new TimeoutException($"Waited {deadline.TotalSeconds:0} s in vain for this: {what}");
            }

            await Task.Delay(Pause);
        }
    }

    /// <summary>Waits until <paramref name="condition"/> is true; throws <see cref="TimeoutException"/> saying what was waited for.</summary>
    public static Task IsTrueAsync(Func<bool> condition, string what, TimeSpan? within = null)
        => IsTrueAsync(() => Task.FromResult(condition()), what, within);
}
