using System.Net;
using System.Text.Json;

using SmartCity.Streams.Hosting;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Worker;

/// <summary>The real worker as a process of its own, with health and metrics on a free port.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private static readonly HttpClient Http = new();

    private readonly ChildProcess _process;
    private readonly int _port;
    private readonly string _state;

    private WorkerProcess(ChildProcess process, int port, string state) => (_process, _port, _state) = (process, port, state);

    public int Id => _process.Id;

    public string Output => _process.Output;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Starts it with settings as environment variables would give them, and nothing from this test run's own environment.</summary>
    public static WorkerProcess Start(IReadOnlyDictionary<string, string> settings, params string[] arguments) => StartProgram(null, settings, arguments);

    /// <summary>The same of another version's SmartCity.Streams.dll; null for the one that these tests were built with.</summary>
    public static WorkerProcess StartProgram(string? program, IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        string state = Scratch.Folder("state");
        int port = Scratch.FreePorts(1)[0];
        var environment = new Dictionary<string, string>
        {
            ["Streams__StateDirectory"] = state,
            ["Worker__Port"] = $"{port}",
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["KAFKA_BOOTSTRAP_SERVERS"] = "",
            ["DB_HOST"] = "",
        };
        foreach ((string key, string value) in settings)
        {
            environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        // A test may name the port, or something that is none.
        port = int.TryParse(environment["Worker__Port"], System.Globalization.CultureInfo.InvariantCulture, out int named) ? named : port;
        return new(ChildProcess.Start(["dotnet", "exec", program ?? typeof(WorkerHost).Assembly.Location, .. arguments], environment, state, ChildProcess.SigKill), port, state);
    }

    /// <summary>Waits for its end by itself.</summary>
    public async Task<int> ExitAsync()
    {
        await Eventually.IsTrueAsync(() => _process.HasExited, "the worker ends");
        await _process.EndAsync();
        return _process.ExitCode;
    }

    /// <summary>Tells it to stop, as systemd and Kubernetes do. It gives up by itself what is not done in time (10 s), and says so with its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        _process.Signal(ChildProcess.SigTerm);
        await Eventually.IsTrueAsync(() => _process.HasExited, $"the worker ends after SIGTERM\n{Output}", TimeSpan.FromSeconds(30));
        await _process.EndAsync();
        return _process.ExitCode;
    }

    /// <summary>SIGSTOP: it stands still with its connections open, until <see cref="Thaw"/>.</summary>
    public void Freeze() => _process.Signal(ChildProcess.SigStop);

    /// <summary>SIGCONT: it goes on as if nothing had been.</summary>
    public void Thaw() => _process.Signal(ChildProcess.SigCont);

    public Task KillAsync() => _process.EndAsync(ChildProcess.SigKill);

    /// <summary>Waits until something is so, its end included.</summary>
    public Task BecomesAsync(Func<bool> condition, string what) => Eventually.IsTrueAsync(condition, $"{what}\n{Output}");

    public Task WritesAsync(string text, TimeSpan? within = null) => _process.WritesAsync(text, within);

    public async Task<(HttpStatusCode Status, string Body)> GetAsync(string path)
    {
        using var response = await Http.GetAsync(new Uri($"http://127.0.0.1:{_port}{path}"));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<JsonElement> HealthAsync()
    {
        var (status, body) = await GetAsync("/health");
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        return JsonDocument.Parse(body).RootElement;
    }

    /// <summary>Waits until its health is as <paramref name="condition"/> wants it.</summary>
    public Task HealthBecomesAsync(Func<JsonElement, bool> condition, string what) => _process.BecomesAsync(
        async () =>
        {
            try
            {
                return condition(await HealthAsync());
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        what);

    public Task ReadyAsync(TimeSpan? within = null) => _process.BecomesAsync(
        async () =>
        {
            try
            {
                return (await GetAsync("/health/ready")).Status == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        "the worker is ready",
        within);

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Scratch.Remove(_state);
    }
}
