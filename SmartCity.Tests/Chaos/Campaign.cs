using SmartCity.Tests.Oracle;
using SmartCity.Tests.Rig;

namespace SmartCity.Tests.Chaos;

/// <summary>A load, faults while it lasts, and then the question whether anything is lost, doubled or different.</summary>
internal sealed class Campaign(CampaignSettings settings)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainTime = TimeSpan.FromMinutes(12);

    private readonly CampaignLog _log = new(settings.Folder);
    private readonly List<(Fault Fault, TimeSpan From, TimeSpan To)> _history = [];

    /// <summary>What is not right, by where it is; empty when all is.</summary>
    public IReadOnlyDictionary<string, Differences> Found { get; private set; } = new Dictionary<string, Differences>();

    public async Task<CampaignReport> RunAsync()
    {
        bool isLong = settings.Time > TimeSpan.FromMinutes(5);
        await using ChaosCity city = await ChaosCity.StartAsync(_log, TimeSpan.FromSeconds(isLong ? 20 : 8));
        await using var watch = new ProgressWatch(city.Rig, _log);
        IReadOnlyList<Fault> faults = FaultSchedule.Draw(settings.Seed, settings.Faults, settings.Time, city.Kinds, city.Seats.Count);
        await city.ReadyAsync();
        _log.Write($"seed {settings.Seed}: {faults.Count} faults in {settings.Time.TotalSeconds:0} s, {settings.Rate} readings/s and bursts");

        // Event time runs twelve times as fast as the clock and stays behind it, so that most windows become final while faults strike.
        var flood = new CityFlood(new FloodOptions
        {
            BootstrapServers = city.Rig.Kafka.BootstrapServers,
            Topic = city.Rig.SensorsTopic,
            Partitions = new RigOptions().Partitions,
            Rate = settings.Rate,
            Duration = settings.Time + TimeSpan.FromSeconds(10),
            Seed = settings.Seed,
            EventTime = settings.Time * 12,
            Behind = TimeSpan.FromMinutes(30),
        });
        Task sending = flood.RunAsync(CancellationToken.None);
        await InjectAsync(new FaultInjector(city), faults);
        await sending;
        await flood.SendLastReadingsAsync();
        _log.Write($"{flood.Sent} readings sent and {faults.Count} faults over; waiting for the rest");
        CampaignReport report = Report(city, watch, faults, await DrainAsync(city, watch));
        if (Found.Values.All(differences => differences.None))
        {
            await new SpoiltRows(city.Rig).AreSeenAsync();
        }

        return report;
    }

    private async Task InjectAsync(FaultInjector injector, IReadOnlyList<Fault> faults)
    {
        TimeSpan begin = _log.Elapsed;
        var running = new List<Task>();
        foreach (Fault fault in faults)
        {
            TimeSpan wait = begin + fault.At - _log.Elapsed;
            await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
            _log.Write($"fault {fault.Number} of seed {settings.Seed}: {fault.Kind.Name}, seat {fault.Seat}, {fault.Lasts.TotalSeconds:0.0} s");
            running.Add(InjectAsync(injector, fault));
        }

        await Task.WhenAll(running);
    }

    private async Task InjectAsync(FaultInjector injector, Fault fault)
    {
        TimeSpan from = _log.Elapsed;
        await injector.InjectAsync(fault);
        lock (_history)
        {
            _history.Add((fault, from, _log.Elapsed));
        }
    }

    private async Task<(IReadOnlyList<IReadOnlyList<LogRecord>> Input, OracleVerdict Verdict, int Raises)> DrainAsync(ChaosCity city, ProgressWatch watch)
    {
        TimeSpan begin = _log.Elapsed;
        IReadOnlyList<IReadOnlyList<LogRecord>> input = city.Rig.Input();
        while (!watch.CaughtUp && _log.Elapsed - begin < DrainTime)
        {
            await Task.Delay(Quiet / 5);
        }

        // What is doubled or wrong stays so; what is only not there yet arrives.
        while (true)
        {
            IReadOnlyList<OracleRaise> raises = city.Rig.Raises();
            OracleVerdict verdict = PlatformRig.Judge(input, raises);
            _log.Write($"the oracle knows {verdict.Windows.Count} windows of {verdict.Valid.Count} valid readings");
            Found = await city.Rig.CompareAsync(input, verdict);
            foreach ((string where, Differences differences) in Found)
            {
                _log.Write($"{where}: {differences}");
            }

            if (Found.Values.All(differences => differences.None) || _log.Elapsed - begin > DrainTime)
            {
                return (input, verdict, raises.Count);
            }

            await Task.Delay(Quiet);
        }
    }

    private CampaignReport Report(
        ChaosCity city, ProgressWatch watch, IReadOnlyList<Fault> faults, (IReadOnlyList<IReadOnlyList<LogRecord>> Input, OracleVerdict Verdict, int Raises) end)
    {
        var report = new CampaignReport
        {
            Seed = settings.Seed,
            Faults = faults.Count,
            FaultsByKind = faults.GroupBy(fault => fault.Kind.Name).OrderBy(kind => kind.Key, StringComparer.Ordinal).ToDictionary(kind => kind.Key, kind => kind.Count()),
            KindsNotPossibleHere = [.. FaultKind.All.Except(city.Kinds).Select(kind => kind.Name).Distinct()],
            Readings = end.Input.Sum(partition => partition.Count),
            Invalid = end.Verdict.Invalid.Count,
            Late = end.Verdict.Late.Count,
            Raises = end.Raises,
            Windows = end.Verdict.Windows.Count,
            FinalWindows = end.Verdict.Windows.Keys.Count(key => key.StartMs + PlatformRig.Times.SizeMs + PlatformRig.Times.GraceMs <= end.Verdict.WatermarkMs),
            Lost = Found.Values.Sum(differences => differences.Lost),
            Doubled = Found.Values.Sum(differences => differences.Surplus),
            Differing = Found.Values.Sum(differences => differences.Different),
            WorkersFell = city.Falls,
            RecoverySeconds = Recoveries(watch, alone: true),
            RecoverySecondsAmidOtherFaults = Recoveries(watch, alone: false),
            Seconds = (int)_log.Elapsed.TotalSeconds,
        };
        _log.Save("report.json", report.ToJson());
        return report;
    }

    private List<double> Recoveries(ProgressWatch watch, bool alone)
    {
        var seconds = new List<double>();
        foreach ((Fault fault, TimeSpan from, _) in _history.Where(entry => entry.Fault.Kind.Name == FaultKind.WorkerKilled).OrderBy(entry => entry.From))
        {
            if (watch.RecoveryFrom(from) is { } recovery
                && alone == !_history.Exists(other => other.Fault != fault && other.From < from + recovery && other.To > from - TimeSpan.FromSeconds(15)))
            {
                seconds.Add(Math.Round(recovery.TotalSeconds, 1));
            }
        }

        return seconds;
    }
}
