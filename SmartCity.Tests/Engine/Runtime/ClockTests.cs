using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Engine.Runtime;

/// <summary>
/// A wall clock that is set right, or wrong, while a worker runs. (A stepped clock under the whole process was tried with libfaketime: the waits of .NET's own threads then
/// return at once for ever, so such a run shows nothing but that.)
/// </summary>
[TestFixture]
[CancelAfter(240_000)]
internal sealed class ClockTests
{
    [Test]
    public async Task A_clock_that_is_stepped_forwards_and_back_changes_no_count()
    {
        await using var run = await WordCountRun.OnAsync(await TestServers.KafkaAsync(), partitions: 3);
        var clock = new SteppedClock();
        var config = run.Config() with { Clock = clock, IdleTimeout = TimeSpan.FromSeconds(1), RaiseInterval = TimeSpan.FromSeconds(1) };
        var worker = await run.StartAsync(config);
        foreach (var step in new[] { 300, -600, 86_400, -86_400 * 2, 0 })
        {
            clock.Offset = TimeSpan.FromSeconds(step);
            run.Say(500);
            await run.CountsComeOutRightAsync();
        }

        // With another store and a clock far in the past, and then on the first one's store again.
        await worker.StopAsync(TimeSpan.FromSeconds(10));
        clock.Offset = TimeSpan.FromHours(-30);
        var second = await run.StartAsync(config with { StateDirectory = run.Config("b").StateDirectory });
        run.Say(500);
        await run.CountsComeOutRightAsync();
        await second.StopAsync(TimeSpan.FromSeconds(10));
        clock.Offset = TimeSpan.Zero;
        await run.StartAsync(config);
        run.Say(500);
        await run.CountsComeOutRightAsync();
    }

    /// <summary>Tells a wrong time of day; the time that passes is right, as on a machine whose clock is set.</summary>
    private sealed class SteppedClock : TimeProvider
    {
        private long _offset;

        public TimeSpan Offset
        {
            get => TimeSpan.FromTicks(Volatile.Read(ref _offset));
            set => Volatile.Write(ref _offset, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }
}
