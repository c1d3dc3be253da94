using Npgsql;

using SmartCity.Tests.Oracle;
using SmartCity.Tests.Rig;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Crash;

/// <summary>The promise of the platform: nothing is lost, doubled or different, whatever dies.</summary>
internal sealed class CrashTests
{
    private static readonly CrashSettings Settings = CrashSettings.FromEnvironment();

    [Test]
    public async Task Every_window_and_every_reading_is_right_after_workers_were_killed_at_random()
    {
        await using PlatformRig rig = await PlatformRig.StartAsync(new RigOptions());
        CityFlood flood = FloodFor(rig, Settings.Seconds);

        Task sending = flood.RunAsync(CancellationToken.None);
        await KillAsync(rig);
        await sending;

        await AllIsRightAsync(rig, $"{Settings.Kills} kills");
        await TheComparisonSeesWhatIsSpoiltAsync(rig);
    }

    [Test]
    public async Task Every_window_and_every_reading_is_right_after_servers_went_away_and_a_worker_stood_still()
    {
        await using PlatformRig rig = await PlatformRig.StartAsync(new RigOptions { OwnServers = true });
        CityFlood flood = FloodFor(rig, 40);

        Task sending = flood.RunAsync(CancellationToken.None);
        await Task.Delay(TimeSpan.FromSeconds(8));
        await rig.Postgres.KillAsync();
        await rig.S3.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(6));
        await rig.S3.StartAgainAsync();
        await rig.Postgres.StartAgainAsync();

        // Longer than its session: the other takes over, and what it still does on waking up must be refused.
        await rig.FreezeAsync(0, TimeSpan.FromSeconds(10));
        await rig.Kafka.KillAsync();
        await rig.Kafka.StartAgainAsync();
        await sending;

        await AllIsRightAsync(rig, "outages of PostgreSQL, S3 and Kafka, and a frozen worker");
    }

    private static CityFlood FloodFor(PlatformRig rig, int seconds) => new(new FloodOptions
    {
        BootstrapServers = rig.Kafka.BootstrapServers,
        Topic = rig.SensorsTopic,
        Partitions = new RigOptions().Partitions,
        Rate = Settings.Rate,
        Duration = TimeSpan.FromSeconds(seconds),
        Seed = Settings.Seed,
    });

    private static async Task KillAsync(PlatformRig rig)
    {
        var dice = new Random(Settings.Seed);
        TimeSpan share = TimeSpan.FromSeconds(Settings.Seconds) / Settings.Kills;
        for (int kill = 0; kill < Settings.Kills; kill++)
        {
            TimeSpan down = share * 0.3 * dice.NextDouble();
            await Task.Delay((share - down) * (0.4 + (0.6 * dice.NextDouble())));
            await rig.KillAndRestartAsync(dice.Next(2), down);
        }
    }

    private static async Task AllIsRightAsync(PlatformRig rig, string after)
    {
        IReadOnlyList<IReadOnlyList<LogRecord>> input = rig.Input();
        await rig.StopReadingAsync(input);
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
                TimeSpan.FromMinutes(4));
        }
        catch (TimeoutException)
        {
            Assert.Fail(string.Join('\n', found.Select(pair => $"{pair.Key}: {pair.Value}")) + "\n\n" + rig.Output);
        }

        await TestContext.Progress.WriteLineAsync(
            $"after {after}: {verdict!.Valid.Count} valid readings, {verdict.Invalid.Count} invalid, {verdict.Late.Count} late, {verdict.Windows.Count} windows: none lost, doubled or different");
    }

    /// <summary>A comparison that never finds anything proves nothing: it must see one row that is gone, one that should not be and one that is off by one.</summary>
    private static async Task TheComparisonSeesWhatIsSpoiltAsync(PlatformRig rig)
    {
        await rig.StopWorkersAsync();
        IReadOnlyList<IReadOnlyList<LogRecord>> input = rig.Input();
        OracleVerdict verdict = rig.Judge(input);
        Differences before = (await rig.CompareAsync(input, verdict))["windows in PostgreSQL"];
        await using (NpgsqlDataSource database = NpgsqlDataSource.Create(rig.Database))
        {
            await using NpgsqlCommand spoil = database.CreateCommand("""
                UPDATE traffic_agg SET reading_count = reading_count + 1 WHERE ctid = (SELECT ctid FROM traffic_agg WHERE is_final LIMIT 1);
                UPDATE energy_agg SET window_start = window_start - interval '1 year' WHERE ctid = (SELECT ctid FROM energy_agg WHERE is_final LIMIT 1);
                """);
            await spoil.ExecuteNonQueryAsync();
        }

        Differences after = (await rig.CompareAsync(input, verdict))["windows in PostgreSQL"];
        Assert.That(
            (after.Lost - before.Lost, after.Surplus - before.Surplus, after.Different - before.Different), Is.EqualTo((1, 1, 1)), "the comparison saw the spoilt rows");
    }
}
