using System.Diagnostics;

using SmartCity.Tests.Rig;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Soak;

/// <summary>A steady load with a rolling restart. As a test of the suite it only shows that the soak works; <c>tools/soak/run.sh</c> runs it for as long as it takes to see growth.</summary>
internal sealed class SoakTests
{
    private const int Workers = 3;

    [Test]
    public async Task Workers_that_are_restarted_in_turn_under_load_keep_up_and_every_figure_is_sampled()
    {
        var settings = SoakSettings.FromEnvironment();
        int[] ports = Scratch.FreePorts(Workers);
        await using PlatformRig rig = await PlatformRig.StartAsync(new RigOptions
        {
            Workers = Workers,
            Settings = new Dictionary<string, string> { ["Lake__FlushInterval"] = "00:00:30" },
            SettingsOf = worker => new Dictionary<string, string> { ["Worker__Port"] = $"{ports[worker]}" },
        });
        var flood = new CityFlood(new FloodOptions
        {
            BootstrapServers = rig.Kafka.BootstrapServers,
            Topic = rig.SensorsTopic,
            Partitions = new RigOptions().Partitions,
            Rate = settings.Rate,
            Duration = settings.Time,
            EventTime = settings.Time,
        });
        var samples = new List<SoakSample>();
        using var over = new CancellationTokenSource();

        Task sampling = SampleAsync(rig, settings, samples, over.Token);
        Task sending = flood.RunAsync(CancellationToken.None);
        await RestartInTurnAsync(rig, settings, sending);
        await sending;
        await Eventually.IsTrueAsync(() => samples.Count > 0 && samples[^1] is { Lag: 0 } last && last.Workers.All(worker => worker is not null), "everything is read", TimeSpan.FromMinutes(3));
        await over.CancelAsync();
        await sampling;

        Save(settings, samples);
        rig.CheckWorkers();
        Assert.Multiple(() =>
        {
            Assert.That(samples.SelectMany(sample => sample.Workers).OfType<WorkerSample>().Select(worker => worker.Resident), Is.All.GreaterThan(20));
            Assert.That(samples.SelectMany(sample => sample.Workers).OfType<WorkerSample>().Max(worker => worker.Managed), Is.GreaterThan(1));
            Assert.That(samples.SelectMany(sample => sample.Workers).OfType<WorkerSample>().Max(worker => worker.Stores), Is.GreaterThan(0));
            Assert.That(samples.Max(sample => sample.Changelog), Is.GreaterThan(0));
            Assert.That(samples.Max(sample => sample.Blocks), Is.GreaterThan(0));
        });
    }

    private static async Task RestartInTurnAsync(PlatformRig rig, SoakSettings settings, Task sending)
    {
        for (int restart = 0; ; restart++)
        {
            if (await Task.WhenAny(sending, Task.Delay(settings.RestartEvery)) == sending)
            {
                return;
            }

            // As a rolling restart does it: the next only when the one before has its share.
            rig.CheckWorkers();
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => rig.Worker(worker)!.ReadyAsync(TimeSpan.FromMinutes(3))));
            await rig.RestartAsync(restart % Workers);
        }
    }

    private static async Task SampleAsync(PlatformRig rig, SoakSettings settings, List<SoakSample> samples, CancellationToken over)
    {
        var sampler = new SoakSampler(rig, Workers);
        long started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(settings.SampleEvery);
        try
        {
            do
            {
                samples.Add(await sampler.TakeAsync(Stopwatch.GetElapsedTime(started)));
                Save(settings, samples);
            }
            while (await timer.WaitForNextTickAsync(over));
        }
        catch (OperationCanceledException)
        {
            // All is seen.
        }
    }

    private static void Save(SoakSettings settings, List<SoakSample> samples)
    {
        if (settings.Folder is { } folder)
        {
            File.WriteAllText(Path.Combine(folder, "soak.csv"), SoakReport.Csv(samples));
            File.WriteAllText(Path.Combine(folder, "soak.svg"), SoakReport.Svg(samples));
        }
    }
}
