using System.Data.Common;

using Confluent.Kafka;

using Microsoft.Data.Sqlite;

using Npgsql;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Lake;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Kafka;
using SmartCity.Streams.Sinks.Database;

namespace SmartCity.Streams.Health;

/// <summary>
/// Asks each dependency every ten seconds whether it answers, so that /health can tell at once and asking /health costs nobody anything.
/// </summary>
internal sealed class DependencyProbe(WorkerSettings settings, KafkaAdmin kafka, IObjectStore? lake, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private volatile Snapshot _latest = new(
        Answer.Unknown, settings.Database is null ? Answer.Unused : Answer.Unknown, lake is null ? Answer.Unused : Answer.Unknown);

    /// <summary>The newest answers.</summary>
    public Snapshot Latest => _latest;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            var (kafkaAnswer, database, storage) = (
                AskAsync(token => kafka.AnswersAsync(settings.Kafka.Topics.Sensors, token), stoppingToken), AskDatabaseAsync(stoppingToken),
                lake is null ? Task.FromResult(Answer.Unused) : AskAsync(token => lake.HeadAsync("health", token), stoppingToken));
            _latest = new(await kafkaAnswer, await database, await storage);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private Task<Answer> AskDatabaseAsync(CancellationToken stopping)
        => settings.Database is not { } database
            ? Task.FromResult(Answer.Unused)
            : AskAsync(
                async token =>
                {
                    await using DbConnection connection = database.Provider == DatabaseProvider.Sqlite
                        ? new SqliteConnection(database.ConnectionString)
                        : new NpgsqlConnection(database.ConnectionString);
                    await connection.OpenAsync(token);
                    await using var command = connection.CreateCommand();
                    command.CommandText = "SELECT 1";
                    await command.ExecuteScalarAsync(token);
                },
                stopping);

    private static async Task<Answer> AskAsync(Func<CancellationToken, Task> question, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(Limit);
        try
        {
            await question(limit.Token);
            return Answer.Up;
        }
        catch (KafkaException error)
        {
            return Answer.Not(KafkaAdmin.Describe(error));
        }
        catch (LakeUnavailableException error)
        {
            return Answer.Not(error.Message);
        }
        catch (Exception error) when (DatabaseErrors.IsOfDatabase(error) || (error is OperationCanceledException && !stopping.IsCancellationRequested))
        {
            return Answer.Not(DatabaseErrors.Describe(error));
        }
    }

    /// <summary>How the dependencies answered last.</summary>
    internal sealed record Snapshot(Answer Kafka, Answer Database, Answer Storage);

    /// <summary>How a dependency answered last; <see cref="Reason"/> says why it did not.</summary>
    internal sealed record Answer(string Status, string? Reason)
    {
        public static Answer Unknown { get; } = new("unknown", null);

        public static Answer Unused { get; } = new("unused", null);

        public static Answer Up { get; } = new("up", null);

        public static Answer Not(string reason) => new("down", reason);
    }
}
