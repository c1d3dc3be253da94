using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Hosting;
using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>Waits for the database, sees to its schema, and runs the database sink.</summary>
internal sealed partial class DatabasePart(
    WorkerSettings settings, DatabaseSettings database, DatabaseSinkOptions options, TopicSetup topics, KafkaAdmin admin, IHostEnvironment environment, TimeProvider clock,
    ILogger<DatabasePart> logger) : IWorkerPart
{
    private volatile SinkConsumer? _consumer;

    public string Name => DatabaseSink.SinkName;

    public bool EndsWorker => false;

    public bool IsAlive => true;

    public bool IsReady => _consumer?.Status.State is SinkState.Running or SinkState.Retrying;

    public string State => _consumer?.Status.State.ToString().ToLowerInvariant() ?? "waiting for database";

    public IEnumerable<string> Warnings => _consumer?.Status is { State: SinkState.Retrying, LastError: { } error } ? [$"Sink {Name} fails and is tried again: {error}"] : [];

    public async Task RunAsync(CancellationToken stopping)
    {
        await PrepareSchemaAsync(stopping);
        await topics.ReadyAsync(stopping);

        await using var writer = CreateWriter();
        var sink = new DatabaseSink(writer, settings.Kafka.Topics, IdentifyAsync, options.FlushInterval, clock);
        var consumerOptions = new SinkOptions
        {
            ApplicationId = settings.Streams.ApplicationId, Client = settings.Kafka.ClientProperties, SessionTimeout = settings.Streams.SessionTimeout,
        };
        using var consumer = new SinkConsumer(sink, consumerOptions, clock, logger);
        await consumer.StartAsync(stopping);
        _consumer = consumer;
        await Task.WhenAny(consumer.Ended, Task.Delay(Timeout.Infinite, stopping));
        await consumer.StopAsync(CancellationToken.None);
        if (consumer.Status is { State: SinkState.Failed } status)
        {
            throw new SinkFaultException(status.LastError ?? "The sink failed.");
        }
    }

    private IDatabaseWriter CreateWriter() => database.Provider == DatabaseProvider.Sqlite
        ? new SqliteWriter(database.ConnectionString, DatabaseSink.SinkName, options.AdoptNewLog)
        : new PostgresWriter(database.ConnectionString, DatabaseSink.SinkName, options.AdoptNewLog);

    private async Task<SourceLog> IdentifyAsync(string topic, CancellationToken cancellation)
        => new(await admin.ClusterIdAsync(), topic, await admin.TopicIdAsync(topic));

    /// <summary>Migrates in Development; elsewhere only says what is to be done, since a schema is its owner's to change.</summary>
    private async Task PrepareSchemaAsync(CancellationToken stopping)
    {
        var migrates = environment.IsDevelopment();
        var waited = false;
        var names = await Patience.UntilDoneAsync(
            token => migrates ? Migrator.MigrateAsync(database, token) : Migrator.PendingAsync(database, token),
            DatabaseErrors.IsTemporary,
            (error, pause) =>
            {
                waited = true;
                Waiting(database.Description, DatabaseErrors.Describe(error), pause.TotalSeconds);
            },
            clock, stopping);
        if (waited)
        {
            Answers(database.Description);
        }

        if (names.Count == 0)
        {
            return;
        }

        if (!migrates)
        {
            throw new WorkerFault(
                $"{database.Description} lacks {names.Count} migration(s) ({string.Join(", ", names)}). Run, as the schema's owner: dotnet run --project SmartCity.Streams -- migrate");
        }

        Migrated(database.Description, string.Join(", ", names));
    }

    [LoggerMessage(1130, LogLevel.Warning, "{Database} cannot be reached ({Reason}). Is it running, and is ConnectionStrings__SmartCity right? Trying again in {Seconds:0.0} s")]
    private partial void Waiting(string database, string reason, double seconds);

    [LoggerMessage(1131, LogLevel.Information, "{Database} answers")]
    private partial void Answers(string database);

    [LoggerMessage(1132, LogLevel.Information, "{Database}: applied {Migrations}")]
    private partial void Migrated(string database, string migrations);
}
