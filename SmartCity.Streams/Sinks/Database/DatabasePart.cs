using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Hosting;
using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>Waits for the database, sees to its schema, and runs the database sink.</summary>
internal sealed partial class DatabasePart : SinkPart
{
    private readonly DatabaseSettings _database;
    private readonly IHostEnvironment _environment;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    public DatabasePart(
        DatabaseSink sink, WorkerSettings settings, DatabaseSettings database, TopicSetup topics, IHostEnvironment environment, TimeProvider clock, ILogger<DatabasePart> logger)
        : base(sink, settings, topics, clock, logger)
    {
        (_database, _environment, _clock, _logger) = (database, environment, clock, logger);
        Waiting = "waiting for database";
    }

    /// <summary>Migrates in Development; elsewhere only says what is to be done, since a schema is its owner's to change.</summary>
    protected override async Task PrepareAsync(CancellationToken stopping)
    {
        var migrates = _environment.IsDevelopment();
        var waited = false;
        var names = await Patience.UntilDoneAsync(
            token => migrates ? Migrator.MigrateAsync(_database, token) : Migrator.PendingAsync(_database, token),
            DatabaseErrors.IsTemporary,
            (error, pause) =>
            {
                waited = true;
                WaitingForDatabase(_database.Description, DatabaseErrors.Describe(error), pause.TotalSeconds);
            },
            _clock, stopping);
        if (waited)
        {
            Answers(_database.Description);
        }

        Waiting = "waiting for kafka";
        if (names.Count == 0)
        {
            return;
        }

        if (!migrates)
        {
            throw new WorkerFault(
                $"{_database.Description} lacks {names.Count} migration(s) ({string.Join(", ", names)}). Run, as the schema's owner: dotnet run --project SmartCity.Streams -- migrate");
        }

        Migrated(_database.Description, string.Join(", ", names));
    }

    [LoggerMessage(1130, LogLevel.Warning, "{Database} cannot be reached ({Reason}). Is it running, and is ConnectionStrings__SmartCity right? Trying again in {Seconds:0.0} s")]
    private partial void WaitingForDatabase(string database, string reason, double seconds);

    [LoggerMessage(1131, LogLevel.Information, "{Database} answers")]
    private partial void Answers(string database);

    [LoggerMessage(1132, LogLevel.Information, "{Database}: applied {Migrations}")]
    private partial void Migrated(string database, string migrations);
}
