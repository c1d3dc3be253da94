namespace SmartCity.Tests.Servers;

/// <summary>One process of a <see cref="LocalKafka"/>, broker and controller in one, with its data in a folder that outlives it.</summary>
internal sealed class LocalBroker(string home, string folder, string bootstrapServers) : IAsyncDisposable
{
    private ChildProcess? _process;

    public string Properties => Path.Combine(folder, "server.properties");

    /// <summary>Where the partitions' logs lie, each in a folder TOPIC-PARTITION.</summary>
    public string Data => Path.Combine(folder, "data");

    public string Log => _process?.Output ?? "";

    public bool IsDown => _process is null || _process.HasExited;

    public async Task FormatAsync(string clusterId, string properties)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Properties, properties);
        await ChildProcess.RunAsync([Script("kafka-storage.sh"), "format", "--cluster-id", clusterId, "--config", Properties], Settings());
    }

    public async Task StartAsync(Func<string, bool> answers)
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _process = ChildProcess.Start([Script("kafka-server-start.sh"), Properties], Settings(), folder);
        await _process.BecomesAsync(() => Task.FromResult(answers(bootstrapServers)), $"Kafka answers at {bootstrapServers}", TimeSpan.FromMinutes(4));
    }

    public Task KillAsync() => _process?.EndAsync() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    private string Script(string name) => Path.Combine(home, "bin", name);

    // LOG_DIR: Apache's own scripts write their logs beside themselves otherwise, and the installation may be read-only.
    private Dictionary<string, string> Settings()
        => new() { ["KAFKA_HEAP_OPTS"] = "-Xms128m -Xmx512m", ["LOG_DIR"] = Path.Combine(folder, "logs") };
}
