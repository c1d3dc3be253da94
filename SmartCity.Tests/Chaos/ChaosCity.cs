using SmartCity.Tests.Rig;
using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Chaos;

/// <summary>The whole platform with something breakable between any two parts, and a service manager that starts a worker again when it has ended by itself.</summary>
internal sealed class ChaosCity : IAsyncDisposable
{
    private const int Fewest = 2;

    private readonly CancellationTokenSource _closing = new();
    private readonly List<Seat> _seats = [];
    private Task _manager = Task.CompletedTask;

    private ChaosCity(CampaignLog log) => Log = log;

    public CampaignLog Log { get; }

    public PlatformRig Rig { get; private set; } = null!;

    public ErrorServer Errors { get; private set; } = null!;

    public IReadOnlyList<Seat> Seats => _seats;

    /// <summary>Held by whoever does something to a server itself.</summary>
    public IReadOnlyDictionary<Server, SemaphoreSlim> ServerGates { get; } = Enum.GetValues<Server>().ToDictionary(server => server, _ => new SemaphoreSlim(1));

    /// <summary>How often a worker ended by itself.</summary>
    public int Falls { get; private set; }

    /// <summary>The kinds of fault that can be made on this machine.</summary>
    public IReadOnlyList<FaultKind> Kinds => [.. FaultKind.All.Where(kind => kind.Name != FaultKind.DiskFull || Seats[0].Disk is not null)];

    public static async Task<ChaosCity> StartAsync(CampaignLog log, TimeSpan lakeFlush)
    {
        var city = new ChaosCity(log) { Errors = await ErrorServer.StartAsync() };
        var options = new RigOptions
        {
            Workers = 4,
            StartedAtOnce = 3,
            OwnServers = true,
            Settings = new Dictionary<string, string> { ["Lake__FlushInterval"] = $"{lakeFlush:c}" },
            SettingsOf = worker => city._seats[worker].Settings,
            Arguments = ["--Kafka:Properties:max.poll.interval.ms=15000", "--Kafka:Properties:reconnect.backoff.max.ms=1000"],
        };
        city.Rig = await PlatformRig.StartAsync(options, async rig =>
        {
            if (rig.Kafka.Doors.Count < options.Workers)
            {
                throw TestServers.Missing($"{rig.Kafka.Origin} has no listeners for proxies, which a campaign needs: name an installation with KAFKA_HOME.");
            }

            for (int number = 0; number < options.Workers; number++)
            {
                city._seats.Add(await Seat.MakeAsync(number, rig, log));
            }
        });
        city._seats.Take(3).ToList().ForEach(seat => seat.IsTaken());
        city._manager = city.ManageAsync();
        return city;
    }

    /// <summary>Waits until every worker has its share.</summary>
    public Task ReadyAsync() => Task.WhenAll(Seats.Where(seat => seat.Wanted).Select(seat => seat.RunsAsync()));

    /// <summary>The seat with that number if a worker is wanted there, or else the next such seat.</summary>
    public Seat WantedFrom(int number) => Enumerable.Range(number, Seats.Count).Select(n => Seats[n % Seats.Count]).First(seat => seat.Wanted);

    /// <summary>Takes the gate of the seat if a worker is wanted there, or else of the next such seat.</summary>
    public async Task<Seat> TakeRunningAsync(int number)
    {
        while (true)
        {
            Seat seat = WantedFrom(number);
            await seat.Gate.WaitAsync();
            if (seat.Wanted)
            {
                return seat;
            }

            seat.Gate.Release();
        }
    }

    /// <summary>Adds a worker or takes one away, so that between two and four are there. Returns what was done.</summary>
    public async Task<string> AddOrRemoveAsync(bool add, int number)
    {
        int running = Seats.Count(seat => seat.Wanted);
        bool adds = running == Fewest || (add && running < Seats.Count);
        Seat seat = Enumerable.Range(number, Seats.Count).Select(n => Seats[n % Seats.Count]).First(seat => seat.Wanted != adds);
        await seat.Gate.WaitAsync();
        try
        {
            if (adds)
            {
                seat.Start();
                return $"worker {seat.Number} added";
            }

            await seat.LeaveAsync();
            return $"worker {seat.Number} removed";
        }
        finally
        {
            seat.Gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _manager;
        Seats.ToList().ForEach(seat => seat.SaveOutput());
        await Rig.DisposeAsync();
        foreach (Seat seat in Seats)
        {
            await seat.DisposeAsync();
        }

        await Errors.DisposeAsync();
        _closing.Dispose();
    }

    private async Task ManageAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token))
            {
                foreach (Seat seat in Seats)
                {
                    // Whoever holds the gate looks after the worker himself.
                    if (await seat.Gate.WaitAsync(TimeSpan.Zero))
                    {
                        await StartAgainAsync(seat);
                        seat.Gate.Release();
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The campaign is over.
        }
    }

    /// <summary>Starts the seat's worker again if it has ended by itself; the caller holds the gate.</summary>
    public async Task StartAgainAsync(Seat seat)
    {
        if (seat.HasFallen)
        {
            Falls++;
            await seat.StartAgainAsync();
        }
    }
}
