using System.Text.Json;

using SmartCity.Streams.Engine.Windows;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Engine.Runtime;

[TestFixture]
internal sealed class SilentPartitionTests
{
    [Test]
    public async Task A_silent_partition_holds_finality_back_no_longer_than_its_idle_timeout()
    {
        await using var run = await WordCountRun.OnAsync(await TestServers.KafkaAsync(), partitions: 2);
        var topology = WordCount.Build(TimeWindows.OfSizeAndGrace(TimeSpan.FromMinutes(1), TimeSpan.Zero), run.Lines, run.Counts);
        var start = new DateTimeOffset(2026, 1, 15, 14, 0, 0, TimeSpan.Zero);
        await run.StartAsync(run.Config() with { IdleTimeout = TimeSpan.FromSeconds(1), RaiseInterval = TimeSpan.FromSeconds(1) }, topology);
        run.Say(0, "a b", start.AddSeconds(1));
        run.Say(1, "a", start.AddSeconds(2));
        run.Say(0, "c", start.AddMinutes(5));
        run.FlushLines();

        // Partition 1 stands at 14:00:02, so only a raise to partition 0's stream time makes the first window final.
        var key = $"@{start.ToUnixTimeMilliseconds()}";
        await Eventually.IsTrueAsync(() => Task.Run(() => run.ReadAll(run.Counts).Contains($"a{key}=2 final")), "the first window is final");
        var raise = run.ReadAll($"{run.Application}-raises").Select(r => JsonDocument.Parse(r.Split('=', 2)[1]).RootElement)
            .First(r => r.GetProperty("partition").GetInt32() == 1);

        Assert.Multiple(() =>
        {
            Assert.That(raise.GetProperty("topic").GetString(), Is.EqualTo(run.Lines));
            Assert.That(raise.GetProperty("offset").GetInt64(), Is.EqualTo(1));
            Assert.That(raise.GetProperty("stream_time").GetDateTimeOffset(), Is.GreaterThanOrEqualTo(start.AddMinutes(5)));
            Assert.That(raise.GetProperty("previous").GetString(), Is.EqualTo("2026-01-15T14:00:02.000Z"));
            Assert.That(raise.GetProperty("others").GetDateTimeOffset(), Is.GreaterThanOrEqualTo(start.AddMinutes(5)));
        });

        // A reading behind the raise counts no more.
        run.Say(1, "a", start.AddSeconds(3));
        run.Say(1, "d", start.AddMinutes(30));
        run.FlushLines();
        await Eventually.IsTrueAsync(() => Task.Run(() => run.ReadAll(run.Counts).Any(r => r.StartsWith("d@", StringComparison.Ordinal))), "the later reading counts");
        Assert.That(run.ReadAll(run.Counts).Where(r => r.StartsWith($"a{key}=", StringComparison.Ordinal)).Last(), Is.EqualTo($"a{key}=2 final"));
    }
}
