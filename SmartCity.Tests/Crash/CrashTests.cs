using SmartCity.Tests.Oracle;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Crash;

/// <summary>The promise of the platform: nothing is lost, doubled or different, whenever a worker dies.</summary>
internal sealed class CrashTests
{
    [Test]
    public async Task Every_window_and_every_reading_is_right_after_workers_were_killed_at_random()
    {
        CrashSettings settings = CrashSettings.FromEnvironment();
        await using CrashRig rig = await CrashRig.StartAsync();
        var flood = new CityFlood(new FloodOptions
        {
            BootstrapServers = rig.BootstrapServers,
            Topic = rig.SensorsTopic,
            Partitions = CrashRig.Partitions,
            Rate = settings.Rate,
            Duration = TimeSpan.FromSeconds(settings.Seconds),
            Seed = settings.Seed,
        });

        Task sending = flood.RunAsync(CancellationToken.None);
        await KillAsync(rig, settings);
        await sending;

        IReadOnlyList<IReadOnlyList<LogRecord>> input = rig.Input();
        IReadOnlyDictionary<string, Differences> found = new Dictionary<string, Differences>();
        OracleVerdict? verdict = null;
        try
        {
            // What is doubled or wrong stays so; what is only not there yet arrives.
            await Eventually.IsTrueAsync(
                async () =>
                {
                    rig.CheckWorkers();
                    verdict = rig.Judge(input);
                    found = await rig.CompareAsync(input, verdict);
                    return found.Values.All(differences => differences.None);
                },
                "everything is as the oracle says",
                TimeSpan.FromMinutes(3));
        }
        catch (TimeoutException)
        {
            Assert.Fail(string.Join('\n', found.Select(pair => $"{pair.Key}: {pair.Value}")) + "\n\n" + rig.Output);
        }

        await TestContext.Progress.WriteLineAsync(
            $"{settings.Kills} kills: {verdict!.Valid.Count} valid readings, {verdict.Invalid.Count} invalid, {verdict.Late.Count} late, {verdict.Windows.Count} windows: none lost, doubled or different");
    }

    private static async Task KillAsync(CrashRig rig, CrashSettings settings)
    {
        var dice = new Random(settings.Seed);
        TimeSpan share = TimeSpan.FromSeconds(settings.Seconds) / settings.Kills;
        for (int kill = 0; kill < settings.Kills; kill++)
        {
            TimeSpan down = share * 0.3 * dice.NextDouble();
            await Task.Delay((share - down) * (0.4 + (0.6 * dice.NextDouble())));
            await rig.KillAndRestartAsync(dice.Next(2), down);
        }
    }
}
