namespace SmartCity.Tests.Servers;

/// <summary>The stream worker as a process of its own, to be killed, frozen and stopped. Settings are environment variables, e.g. <c>Kafka__BootstrapServers</c>.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private WorkerProcess(ChildProcess process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Everything it has written.</summary>
    public string Output => _process.Output;

    /// <summary>Starts <c>dotnet SmartCity.Streams.dll ARGUMENTS</c>.</summary>
    public static WorkerProcess Start(IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";
        string worker = Path.Combine(AppContext.BaseDirectory, "SmartCity.Streams.dll");
        return new WorkerProcess(ChildProcess.Start([dotnet, worker, .. arguments], settings));
    }

    /// <summary>Waits until its output contains <paramref name="text"/>; fails at once when it ends before.</summary>
    public Task WritesAsync(string text, TimeSpan? within = null) => _process.WritesAsync(text, within);

    /// <summary>Waits until <paramref name="ready"/>; fails at once when it ends before.</summary>
    public Task BecomesAsync(Func<Task<bool>> ready, string what, TimeSpan? within = null) => _process.BecomesAsync(ready, what, within);

    /// <summary>Waits until it has ended by itself.</summary>
    public Task EndsAsync(TimeSpan? within = null) => _process.EndsAsync(within);

    /// <summary>SIGKILL: it gets no chance to do anything.</summary>
    public Task KillAsync() => _process.EndAsync();

    /// <summary>SIGTERM: it is asked to stop. Returns when it has.</summary>
    public Task StopAsync() => _process.EndAsync(ChildProcess.SigTerm);

    /// <summary>SIGSTOP: it stands still, connections open, until <see cref="Thaw"/>.</summary>
    public void Freeze() => _process.Signal(ChildProcess.SigStop);

    /// <summary>SIGCONT: it goes on.</summary>
    public void Thaw() => _process.Signal(ChildProcess.SigCont);

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
