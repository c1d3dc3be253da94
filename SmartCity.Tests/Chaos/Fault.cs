namespace SmartCity.Tests.Chaos;

/// <summary>What may go wrong, and for how long it may last.</summary>
/// <param name="Name">As the log and the report say it.</param>
internal sealed record FaultKind(string Name, double ShortestSeconds, double LongestSeconds)
{
    public const string WorkerKilled = "worker killed";
    public const string WorkerFrozen = "worker frozen beyond its session, then woken";
    public const string WorkerFrozenLong = "worker frozen beyond max.poll.interval, then woken";
    public const string WorkerStopped = "worker stopped and started";
    public const string WorkersAddedOrRemoved = "worker added or removed";
    public const string StateDeleted = "state directory deleted";
    public const string StateDamaged = "SST file damaged";
    public const string DiskFull = "disk full";
    public const string BrokerKilled = "broker killed";
    public const string BrokerKilledTwice = "broker killed, and again while starting";
    public const string DatabaseKilled = "PostgreSQL killed";
    public const string CopyTerminated = "PostgreSQL connections terminated in mid-COPY";
    public const string S3Errors = "S3 answers 500 and 503";
    public const string S3KilledInPut = "S3 killed in mid-PUT";

    /// <summary>Every kind, those of the connections for each of the three servers.</summary>
    public static IReadOnlyList<FaultKind> All { get; } =
    [
        new(WorkerKilled, 0.2, 10),
        new(WorkerKilled, 0.2, 3),
        new(WorkerFrozen, 8, 11),
        new(WorkerFrozenLong, 16, 19),
        new(WorkerStopped, 0.1, 3),
        new(WorkersAddedOrRemoved, 0, 0),
        new(WorkersAddedOrRemoved, 0, 0),
        new(StateDeleted, 0.1, 3),
        new(StateDamaged, 0.1, 2),
        new(DiskFull, 4, 8),
        new(BrokerKilled, 0.1, 5),
        new(BrokerKilledTwice, 0.5, 3),
        new(DatabaseKilled, 0.5, 6),
        new(CopyTerminated, 1, 4),
        new(S3Errors, 3, 8),
        new(S3KilledInPut, 2, 6),
        .. Enum.GetValues<Server>().SelectMany(server => Enum.GetValues<Trouble>().Select(trouble => new FaultKind(NameOf(server, trouble), 2, 9))),
    ];

    public static string NameOf(Server server, Trouble trouble) => $"{server} connections {trouble switch
    {
        Trouble.Cut => "cut",
        Trouble.CutInMidStream => "cut in mid-stream",
        Trouble.HalfOpen => "half-open",
        Trouble.Slow => "slowed",
        _ => "reset",
    }}";
}

/// <summary>What a worker is connected with.</summary>
internal enum Server
{
    Kafka,
    PostgreSQL,
    S3,
}

/// <summary>What may befall a connection.</summary>
internal enum Trouble
{
    Cut,
    CutInMidStream,
    HalfOpen,
    Slow,
    Reset,
}

/// <summary>One fault of a campaign.</summary>
/// <param name="At">When it is due, from the start of the load.</param>
/// <param name="Seat">The worker it is meant for; one beyond the last stands for all of them where connections are concerned.</param>
/// <param name="Dice">A number from which the fault draws what else it has to choose.</param>
internal sealed record Fault(int Number, FaultKind Kind, TimeSpan At, TimeSpan Lasts, int Seat, int Dice);
