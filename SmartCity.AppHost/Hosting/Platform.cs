using System.Globalization;

using SmartCity.Api;
using SmartCity.AppHost.Broker;
using SmartCity.AppHost.Logging;
using SmartCity.Domain;
using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Health;
using SmartCity.Streams.Hosting;

namespace SmartCity.AppHost.Hosting;

/// <summary>
/// The whole platform in this process: broker, database, worker, API and the simulated city, each started once the one before it works and stopped in
/// the opposite order.
/// </summary>
internal sealed class Platform(PlatformOptions options, Banner banner, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan SignalTime = TimeSpan.FromSeconds(1);

    // Two partitions are enough to show what partitions are; the broker keeps up to 5 MiB of each in memory.
    private static readonly StreamsOptions Streams = new() { ApplicationId = "smart-city", SensorPartitions = 2, RepartitionPartitions = 2 };

    private DataFolder? _folder;
    private LogFile? _log;
    private EmbeddedBroker? _broker;
    private WebApplication? _worker;
    private WebApplication? _api;
    private CitySimulation? _city;

    /// <summary>The port of dashboard and API.</summary>
    public int Port { get; private set; }

    /// <summary>Where Kafka clients find the broker.</summary>
    public string BootstrapServers => _broker?.BootstrapServers ?? "";

    /// <summary>Where this run's data lies; null before the start.</summary>
    public DataFolder? Folder => _folder;

    /// <summary>The simulated city, once it runs.</summary>
    public CitySimulation? City => _city;

    /// <summary>Starts everything; throws <see cref="PlatformException"/> for the part that cannot, or <see cref="ConfigurationException"/> with everything that is wrong with the configuration.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        banner.Title();
        await StepAsync("data", () =>
        {
            _folder = DataFolder.Create(options.Keep);
            _log = new LogFile(_folder.Log, clock);
            return Task.CompletedTask;
        });
        await StepAsync("broker", () =>
        {
            _broker = EmbeddedBroker.Start();
            EmbeddedTopics.Create(_broker, Streams);
            Port = Ports.FirstFree(options.Port);
            return Task.CompletedTask;
        });
        BuildHosts();
        banner.Places(Port, options.Port, BootstrapServers, _folder!, options.Keep is not null);
        banner.Started("broker");
        await StepAsync("database", () => Migrator.MigrateAsync(new DatabaseSettings(DatabaseProvider.Sqlite, ConnectionString), cancellationToken));
        banner.Started("database");
        await StepAsync("worker", () => StartWorkerAsync(cancellationToken));
        banner.Started("worker");
        await StepAsync("api", () => StartApiAsync(cancellationToken));
        banner.Started("api");
        if (options.Simulate)
        {
            await StepAsync("simulator", () =>
            {
                _city = new CitySimulation(options, _broker!.ClientConfiguration, Topics.Sensors, Streams, banner, clock);
                return Task.CompletedTask;
            });
            banner.Simulating(options.Rate);
        }

        banner.Running();
        _city?.Start();
    }

    /// <summary>Runs until cancelled; throws <see cref="PlatformException"/> when a part fails meanwhile.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var stopped = Task.Delay(Timeout.Infinite, cancellationToken);
        var worker = WhenStopping(_worker!);
        var api = WhenStopping(_api!);
        var city = _city?.Completion ?? Task.Delay(Timeout.Infinite, cancellationToken);
        await Task.WhenAny(stopped, worker, api, city);
        if (worker.IsCompleted && WorkerHost.Fault(_worker!) is { } fault)
        {
            throw new PlatformException("worker", fault);
        }

        // The hosts hear the same signals as this program does, and may hear them first.
        await Task.WhenAny(stopped, Task.Delay(SignalTime, clock, CancellationToken.None));
        if (cancellationToken.IsCancellationRequested)
        {
            return;
        }

        if (worker.IsCompleted)
        {
            throw new PlatformException("worker", "it has stopped");
        }

        throw api.IsCompleted
            ? new PlatformException("api", "it has stopped")
            : new PlatformException("simulator", city.Exception?.InnerException?.Message ?? "it has stopped", city.Exception);
    }

    public async ValueTask DisposeAsync()
    {
        if (_city is not null)
        {
            await _city.DisposeAsync();
        }

        // The API only reads, so it need not wait for the worker's last words.
        await Task.WhenAll(StopAsync(_api), StopAsync(_worker));
        _broker?.Dispose();
        _log?.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder?.Dispose();
    }

    private string ConnectionString => $"Data Source={_folder!.Database}";

    /// <summary>Puts worker and API together before either starts, so that whatever is wrong with the configuration of both is said at once.</summary>
    private void BuildHosts()
    {
        var errors = new List<string>();
        _worker = Built(BuildWorker, errors);
        _api = Built(BuildApi, errors);
        if (errors.Count > 0)
        {
            throw new ConfigurationException(errors.Distinct().ToList());
        }

        static WebApplication? Built(Func<WebApplication> build, List<string> errors)
        {
            try
            {
                return build();
            }
            catch (ConfigurationException e)
            {
                errors.AddRange(e.Messages);
                return null;
            }
        }
    }

    private WebApplication BuildWorker() => WorkerHost.Build(["--environment", Environments.Development], configuration => configuration
        .AddInMemoryCollection(DemoAlerts.SettingsBeside((IConfiguration)configuration))
        .AddInMemoryCollection(Shared(new()
        {
            ["Worker:Port"] = "off",
            ["Streams:ApplicationId"] = Streams.ApplicationId,
            ["Streams:Roles"] = "all",
            ["Streams:ProcessingGuarantee"] = "at_least_once",
            ["Streams:StateDirectory"] = _folder!.State,
            ["Streams:SessionTimeout"] = "3s",
            ["Streams:SensorPartitions"] = Text(Streams.SensorPartitions),
            ["Streams:RepartitionPartitions"] = Text(Streams.RepartitionPartitions),
        })));

    private WebApplication BuildApi() => ApiHost.Build(["--environment", Environments.Development], configuration => configuration.AddInMemoryCollection(Shared(new()
    {
        ["Api:Port"] = Text(Port),
        ["Api:Address"] = "127.0.0.1",
    })));

    private async Task StartWorkerAsync(CancellationToken cancellationToken)
    {
        var worker = _worker!;
        worker.Services.GetRequiredService<ILoggerFactory>().AddProvider(new FileLoggerProvider(_log!));
        await worker.StartAsync(cancellationToken);
        var health = worker.Services.GetRequiredService<WorkerHealth>();
        var since = clock.GetTimestamp();
        while (!health.IsReady)
        {
            if (WorkerHost.Fault(worker) is { } fault)
            {
                throw new PlatformException("worker", fault);
            }

            if (clock.GetElapsedTime(since) > StartTime)
            {
                throw new PlatformException("worker", $"it is not ready after {StartTime.TotalSeconds:0} s: {string.Join("; ", health.Report().Warnings)}");
            }

            await Task.Delay(Glance, clock, cancellationToken);
        }
    }

    private async Task StartApiAsync(CancellationToken cancellationToken)
    {
        _api!.Services.GetRequiredService<ILoggerFactory>().AddProvider(new FileLoggerProvider(_log!));
        await _api.StartAsync(cancellationToken);
    }

    /// <summary>What worker and API must agree on. Said even where it is the default: the user's environment may hold settings for another installation.</summary>
    private Dictionary<string, string?> Shared(Dictionary<string, string?> settings)
    {
        settings["Kafka:BootstrapServers"] = BootstrapServers;
        settings["Kafka:TopicPrefix"] = "";
        settings["Kafka:Properties:broker.address.family"] = "v4";

        // Each consumer would fetch up to 100,000 records ahead.
        settings["Kafka:Properties:queued.max.messages.kbytes"] = "2048";
        settings["Kafka:Properties:queued.min.messages"] = "2000";
        settings[DatabaseSettings.ProviderKey] = nameof(DatabaseProvider.Sqlite);
        settings[DatabaseSettings.ConnectionStringKey] = ConnectionString;
        settings["Lake:Folder"] = _folder!.Lake;
        settings["Lake:Endpoint"] = "";
        settings["Lake:FlushInterval"] = "00:00:15";

        // The broker keeps little: what the lake has not written yet must not pile up there.
        settings["Lake:FlushBytes"] = Text(8 << 20);
        settings["Logging:Console:LogLevel:Default"] = nameof(LogLevel.Warning);
        return settings;
    }

    private static async Task StepAsync(string part, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception e) when (e is not (PlatformException or OperationCanceledException or OutOfMemoryException))
        {
            throw new PlatformException(part, e.Message, e);
        }
    }

    private static async Task WhenStopping(WebApplication host)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = host.Lifetime.ApplicationStopping.Register(stopping.SetResult);
        await stopping.Task;
    }

    private static async Task StopAsync(WebApplication? host)
    {
        if (host is null)
        {
            return;
        }

        using var patience = new CancellationTokenSource(StopTime);
        try
        {
            await host.StopAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // It has had its time.
        }

        await host.DisposeAsync();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
