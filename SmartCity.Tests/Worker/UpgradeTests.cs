using System.Globalization;

using SmartCity.Tests.Oracle;
using SmartCity.Tests.Rig;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Worker;

/// <summary>
/// Workers are replaced by those of another version, one after the other, while readings stream in: both versions run side by side, take each other's work over, and one goes back and forth. What
/// comes of it must be what the oracle says. In the suite both versions are this one; <c>tools/upgrade/run.sh</c> builds the earlier one from a commit.
/// </summary>
internal sealed class UpgradeTests
{
    private const int Workers = 2;

    private static readonly TimeSpan LongestDrain = TimeSpan.FromMinutes(4);

    /// <summary>The earlier version's SmartCity.Streams.dll; null for this one.</summary>
    private static readonly string? Earlier = Environment.GetEnvironmentVariable("SMARTCITY_UPGRADE_FROM") is { Length: > 0 } program ? program : null;

    [Test]
    public async Task Workers_are_upgraded_one_after_the_other_under_load_and_nothing_is_lost_doubled_or_different()
    {
        var versions = Enumerable.Repeat(Earlier, Workers).ToArray();
        int[] ports = Scratch.FreePorts(Workers);
        await using PlatformRig rig = await PlatformRig.StartAsync(new RigOptions
        {
            Workers = Workers,
            ProgramOf = worker => versions[worker],
            SettingsOf = worker => new Dictionary<string, string> { ["Worker__Port"] = ports[worker].ToString(CultureInfo.InvariantCulture) },
            MigrateBy = Earlier,
        });
        var duration = TimeSpan.FromSeconds(Earlier is null ? 15 : 60);
        var flood = new CityFlood(new FloodOptions
        {
            BootstrapServers = rig.Kafka.BootstrapServers,
            Topic = rig.SensorsTopic,
            Partitions = new RigOptions().Partitions,
            Rate = 1000,
            Duration = duration,
            Seed = 11,
            EventTime = duration * 60,
            Behind = TimeSpan.FromMinutes(30),
        });
        await ReadyAsync(rig);
        Task sending = flood.RunAsync(CancellationToken.None);

        // The schema first, as the runbook has it: the earlier workers must live with the later one's.
        await rig.MigrateAsync(by: null);
        foreach ((int worker, string? version) in ((int, string?)[])[(0, null), (0, Earlier), (0, null), (1, null)])
        {
            versions[worker] = version;
            await rig.RestartAsync(worker);
            await ReadyAsync(rig);
        }

        await sending;
        await flood.SendLastReadingsAsync();
        Assert.That(await DifferencesAsync(rig), Is.Empty, rig.Output);
        rig.CheckWorkers();
    }

    private static async Task ReadyAsync(PlatformRig rig)
    {
        for (int worker = 0; worker < Workers; worker++)
        {
            await rig.Worker(worker)!.ReadyAsync();
        }
    }

    /// <summary>What is not yet there arrives; what is wrong stays so.</summary>
    private static async Task<string> DifferencesAsync(PlatformRig rig)
    {
        IReadOnlyList<IReadOnlyList<LogRecord>> input = rig.Input();
        string found = "";
        try
        {
            await Eventually.IsTrueAsync(
                async () =>
                {
                    rig.CheckWorkers();
                    IReadOnlyDictionary<string, Differences> differences = await rig.CompareAsync(input, rig.Judge(input));
                    found = string.Join('\n', differences.Where(one => !one.Value.None).Select(one => $"{one.Key}: {one.Value}"));
                    return found.Length == 0;
                },
                "all is as the oracle says",
                LongestDrain);
        }
        catch (TimeoutException)
        {
            // What is different is said by the assertion.
        }

        return found;
    }
}
