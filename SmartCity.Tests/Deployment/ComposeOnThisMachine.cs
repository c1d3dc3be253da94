using System.Text.Json;

using Npgsql;

using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Deployment;

/// <summary>
/// compose.yaml without an engine: each service's own command line, with the environment that the file gives it and nothing else of ours, on this machine's programs. Only what a
/// container would have of its own is another here: hosts, ports, and folders.
/// </summary>
internal sealed class ComposeOnThisMachine : IAsyncDisposable
{
    private const string Kafka = "kafka:29092";

    private readonly ComposeFile _file = ComposeFile.Read();
    private readonly KafkaServer _kafka;
    private readonly PostgresServer _postgres;
    private readonly string _folder = Scratch.Folder("compose");
    private readonly int[] _ports = Scratch.FreePorts(3);
    private readonly Dictionary<string, ChildProcess> _running = [];

    private ComposeOnThisMachine(KafkaServer kafka, PostgresServer postgres) => (_kafka, _postgres) = (kafka, postgres);

    /// <summary>Where the API answers.</summary>
    public Uri Api => new($"http://127.0.0.1:{_ports[1]}");

    /// <summary>What the services have written, for a test that wants to know why.</summary>
    public string Output => string.Join("\n\n", _running.Select(service => $"{service.Key}:\n{service.Value.Output}"));

    /// <summary>Starts what the file takes from others: a broker, a database as its image makes it from its environment, and an object store with the file's keys.</summary>
    public static async Task<ComposeOnThisMachine> StartAsync()
    {
        Task<KafkaServer> kafka = TestServers.OwnKafkaAsync();
        Task<PostgresServer> postgres = TestServers.OwnPostgresAsync();
        var compose = new ComposeOnThisMachine(await kafka, await postgres);
        await compose.MakeDatabaseAsync();
        await compose.StartStoreAsync();
        return compose;
    }

    /// <summary>Runs a service that comes to an end, and returns how.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(string service)
    {
        ChildProcess process = Start(service);
        await process.EndsAsync();
        return (process.ExitCode, process.Output);
    }

    /// <summary>Starts a service that stays.</summary>
    public ChildProcess Start(string service)
    {
        ComposeFile.Service description = _file.Services[service];
        (IEnumerable<string> entrypoint, Dictionary<string, string> environment) = Image(description);
        foreach ((string name, string? value) in description.Environment)
        {
            environment[name] = Here(value ?? "");
        }

        // Nothing of this test run's own settings.
        environment["DOTNET_ENVIRONMENT"] = "Production";
        environment["KAFKA_BOOTSTRAP_SERVERS"] = environment["DB_HOST"] = "";
        ChildProcess process = ChildProcess.Start([.. entrypoint.Concat(description.Command).Select(Here)], environment, _folder);
        _running.Add(service, process);
        return process;
    }

    /// <summary>Waits until a service's own health check says that it is healthy.</summary>
    public Task BecomesHealthyAsync(string service) => _running[service].BecomesAsync(
        async () =>
        {
            await using ChildProcess check = ChildProcess.Start(_file.Services[service].Healthcheck.Select(Here));
            await check.EndsAsync();
            return check.ExitCode == 0;
        },
        $"{service} is healthy by its own check\n{_running[service].Output}");

    public async ValueTask DisposeAsync()
    {
        foreach (ChildProcess process in _running.Values.Reverse())
        {
            await process.DisposeAsync();
        }

        await _kafka.DisposeAsync();
        await _postgres.DisposeAsync();
        Scratch.Remove(_folder);
    }

    /// <summary>The file's text for this machine.</summary>
    private string Here(string text)
    {
        var database = new NpgsqlConnectionStringBuilder(_postgres.ConnectionString);
        return text
            .Replace(Kafka, _kafka.BootstrapServers, StringComparison.Ordinal)
            .Replace("/opt/kafka", Environment.GetEnvironmentVariable("KAFKA_HOME") ?? "/opt/kafka", StringComparison.Ordinal)
            .Replace("Host=postgres;", $"Host={database.Host};Port={database.Port};", StringComparison.Ordinal)
            .Replace("http://s3:7070", $"http://127.0.0.1:{_ports[2]}", StringComparison.Ordinal)
            .Replace("127.0.0.1/8081", $"127.0.0.1/{_ports[0]}", StringComparison.Ordinal)
            .Replace("127.0.0.1/8000", $"127.0.0.1/{_ports[1]}", StringComparison.Ordinal)
            .Replace("/var/lib/smart-city", Path.Combine(_folder, "state"), StringComparison.Ordinal) switch
        {
            "8081" => $"{_ports[0]}",
            "8000" => $"{_ports[1]}",
            var other => other,
        };
    }

    /// <summary>What an image brings: the last lines of our Dockerfiles, or another's entry point as the file sets it.</summary>
    private static (IEnumerable<string> Entrypoint, Dictionary<string, string> Environment) Image(ComposeFile.Service service)
    {
        var environment = new Dictionary<string, string>();
        if (service.Dockerfile is not { } dockerfile)
        {
            return (service.Entrypoint, environment);
        }

        string[] lines = File.ReadAllLines(Repository.Path(dockerfile));
        string[] entrypoint = JsonSerializer.Deserialize<string[]>(lines[^1]["ENTRYPOINT ".Length..])!;

        // As tools/publish/run.sh publishes it, for whoever wants to see those run.
        string program = Path.GetFileNameWithoutExtension(entrypoint[1]);
        if (Environment.GetEnvironmentVariable("SMARTCITY_PUBLISHED") is { Length: > 0 } published)
        {
            return ([Path.GetFullPath(Path.Combine(published, program.Split('.')[1], program)), .. entrypoint[2..]], environment);
        }

        // The program as it is built: beside the tests it has not all that it needs.
        string folder = AppContext.BaseDirectory.Replace("SmartCity.Tests", program, StringComparison.Ordinal);
        return ([entrypoint[0], Path.Combine(folder, entrypoint[1]), .. entrypoint[2..]], environment);
    }

    private async Task MakeDatabaseAsync()
    {
        Dictionary<string, string?> image = _file.Services["postgres"].Environment;
        await using var connection = new NpgsqlConnection(_postgres.ConnectionString);
        await connection.OpenAsync();
        foreach (string sql in (string[])[$"CREATE ROLE {image["POSTGRES_USER"]} SUPERUSER LOGIN PASSWORD '{image["POSTGRES_PASSWORD"]}'", $"CREATE DATABASE {image["POSTGRES_DB"]} OWNER {image["POSTGRES_USER"]}"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private async Task StartStoreAsync()
    {
        string program = Scratch.Program("versitygw", "VERSITYGW") ?? throw TestServers.Missing("VERSITYGW is not set and versitygw is not on PATH");
        ComposeFile.Service service = _file.Services["s3"];
        var environment = service.Environment.Where(variable => variable.Key is not "VGW_BACKEND" and not "VGW_BACKEND_ARG").ToDictionary(variable => variable.Key, variable => variable.Value!);
        environment["VGW_PORT"] = $"127.0.0.1:{_ports[2]}";
        string objects = Directory.CreateDirectory(Path.Combine(_folder, "objects")).FullName;
        ChildProcess process = ChildProcess.Start([program, service.Environment["VGW_BACKEND"]!, "--disableotmp", objects], environment, _folder);
        _running.Add("s3", process);
        using var http = new HttpClient();
        await process.BecomesAsync(
            async () =>
            {
                try
                {
                    return (await http.GetAsync(new Uri($"http://127.0.0.1:{_ports[2]}{environment["VGW_HEALTH"]}"))).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "the object store is healthy");
    }
}
