using SmartCity.Tests.Rig;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Worker;

namespace SmartCity.Tests.Chaos;

/// <summary>The place of one worker: its disk, and a proxy of its own to each server. The worker in it comes and goes; some seats are empty.</summary>
internal sealed class Seat : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly CampaignLog _log;
    private readonly Dictionary<Server, Proxy> _proxies = [];
    private PlatformRig? _rig;
    private string _state = "";
    private int _starts;

    private Seat(int number, CampaignLog log) => (Number, _log) = (number, log);

    public int Number { get; }

    /// <summary>Held by whoever does something to the worker.</summary>
    public SemaphoreSlim Gate { get; } = new(1);

    /// <summary>Held by whoever does something to the connections with a server.</summary>
    public IReadOnlyDictionary<Server, SemaphoreSlim> Lines { get; } = Enum.GetValues<Server>().ToDictionary(server => server, _ => new SemaphoreSlim(1));

    /// <summary>A worker should be running here.</summary>
    public bool Wanted { get; private set; }

    public SmallDisk? Disk { get; private set; }

    /// <summary>What differs from the other workers.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; private set; } = new Dictionary<string, string>();

    /// <summary>True when the worker that should run has ended by itself. For whoever holds the gate.</summary>
    public bool HasFallen => Wanted && Process.HasExited;

    private WorkerProcess Process => _rig!.Worker(Number)!;

    public static async Task<Seat> MakeAsync(int number, PlatformRig rig, CampaignLog log)
    {
        ToxiproxyServer toxiproxy = await TestServers.ToxiproxyAsync();
        var seat = new Seat(number, log) { _rig = rig, Disk = await SmallDisk.TryMakeAsync() };
        seat._state = seat.Disk?.Folder ?? Scratch.Folder("state");
        var database = new Npgsql.NpgsqlConnectionStringBuilder(rig.Database);
        seat._proxies[Server.Kafka] = await rig.Kafka.Doors[number].OpenAsync(toxiproxy);
        seat._proxies[Server.PostgreSQL] = await toxiproxy.CreateProxyAsync($"{database.Host}:{database.Port}");
        seat._proxies[Server.S3] = await toxiproxy.CreateProxyAsync(rig.S3.Endpoint.Authority);
        string[] address = seat._proxies[Server.PostgreSQL].Address.Split(':');
        (database.Host, database.Port) = (address[0], int.Parse(address[1], System.Globalization.CultureInfo.InvariantCulture));
        seat.Settings = new Dictionary<string, string>
        {
            ["Kafka__BootstrapServers"] = seat._proxies[Server.Kafka].Address,
            ["ConnectionStrings__SmartCity"] = database.ConnectionString,
            ["Lake__Endpoint"] = $"http://{seat._proxies[Server.S3].Address}",
            ["Streams__StateDirectory"] = seat._state,
        };
        return seat;
    }

    public Proxy To(Server server) => _proxies[server];

    /// <summary>The worker that the rig started is there.</summary>
    public void IsTaken() => (Wanted, _starts) = (true, 1);

    /// <summary>Waits until its threads have their share. (Its health is served at a port that nobody knows.)</summary>
    public Task RunsAsync() => Process.WritesAsync(" to Running", TimeSpan.FromMinutes(3));

    public void Start()
    {
        Wanted = true;
        _starts++;
        _rig!.StartWorker(Number);
    }

    public async Task KillAsync()
    {
        await Process.KillAsync();
        await CleanUpAsync();
    }

    /// <summary>Stops it as a service manager does: SIGTERM, and SIGKILL when its time is up.</summary>
    public async Task StopAsync()
    {
        try
        {
            int code = await Process.TerminateAsync();
            if (code != 0)
            {
                _log.Write($"worker {Number} ended with {code} on SIGTERM");
            }
        }
        catch (TimeoutException)
        {
            _log.Write($"worker {Number} has not stopped within {Grace.TotalSeconds:0} s of SIGTERM and is killed");
            await Process.KillAsync();
        }

        await CleanUpAsync();
    }

    public async Task LeaveAsync()
    {
        Wanted = false;
        await StopAsync();
    }

    public void Freeze() => Process.Freeze();

    public void Thaw() => Process.Thaw();

    /// <summary>Does what a service manager does about a worker that has ended by itself.</summary>
    public async Task StartAgainAsync()
    {
        string[] reasons = [.. Process.Output.Split('\n').Where(line => line.Contains("crit:", StringComparison.Ordinal) || line.Contains("has failed", StringComparison.Ordinal)).TakeLast(3)];
        _log.Write($"worker {Number} ended by itself with {Process.ExitCode}: {string.Join(" | ", reasons)}");
        await CleanUpAsync();
        Start();
    }

    public void DeleteState()
    {
        foreach (string folder in Directory.GetDirectories(_state))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Spoils one SST file, drawn by <paramref name="dice"/>: bytes in the middle are turned over, or the end is gone. Returns what was done.</summary>
    public string DamageState(int dice)
    {
        string[] files = [.. Directory.GetFiles(_state, "*.sst", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        if (files.Length == 0)
        {
            return "there was no SST file";
        }

        string file = files[dice % files.Length];
        byte[] bytes = File.ReadAllBytes(file);
        if (dice % 3 == 0)
        {
            File.WriteAllBytes(file, bytes[..(bytes.Length / 2)]);
            return $"cut {Path.GetFileName(file)} in half";
        }

        // Data blocks come first, index and properties last: any part may be hit.
        int at = dice % bytes.Length;
        foreach (ref byte spoilt in bytes.AsSpan(at, Math.Min(64, bytes.Length - at)))
        {
            spoilt ^= 0xFF;
        }

        File.WriteAllBytes(file, bytes);
        return $"turned bytes over at {at} of {bytes.Length} in {Path.GetFileName(file)}";
    }

    /// <summary>Keeps what the worker wrote.</summary>
    public void SaveOutput()
    {
        if (_starts > 0)
        {
            _log.Save($"worker-{Number}-{_starts:D3}.log", Process.Output);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Proxy proxy in _proxies.Values)
        {
            await proxy.DisposeAsync();
        }

        if (Disk is not null)
        {
            await Disk.DisposeAsync();
        }
        else
        {
            Scratch.Remove(_state);
        }
    }

    private async Task CleanUpAsync()
    {
        SaveOutput();
        await Process.DisposeAsync();
    }
}
