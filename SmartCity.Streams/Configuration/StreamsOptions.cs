using Microsoft.Extensions.Configuration;

using SmartCity.Domain.Configuration;
using SmartCity.Streams.Engine;

namespace SmartCity.Streams.Configuration;

/// <summary>Section <c>Streams</c>: what this worker runs and how.</summary>
public sealed record StreamsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Streams";

    /// <summary>Names the application: consumer groups, transactional ids and internal topics start with it. Default <c>smart-city</c>.</summary>
    public string ApplicationId { get; init; } = "smart-city";

    /// <summary>What this worker does. Default: everything.</summary>
    public WorkerRoles Roles { get; init; } = WorkerRoles.All;

    /// <summary>Threads for each sub-topology. Default 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Where window stores are kept.</summary>
    public string StateDirectory { get; init; } = DefaultStateDirectory();

    /// <summary>What is promised when a worker dies.</summary>
    public ProcessingGuarantee Guarantee { get; init; } = ProcessingGuarantee.ExactlyOnce;

    /// <summary>The windows.</summary>
    public WindowOptions Window { get; init; } = new();

    /// <summary>How long a partition that was read to its end must be silent before its stream time is raised. Default 30 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>At most one raise of a partition in this time. Default one minute.</summary>
    public TimeSpan RaiseInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The time between commits at rest. Default 200 ms.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest time between commits under load. Default 2 s.</summary>
    public TimeSpan MaxCommitInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>At most one row of an open window in this time; less often where so many change that a task would send more than 3,000 a second. Default 200 ms.</summary>
    public TimeSpan EmitInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>A transaction open for longer is aborted by the broker. Default 10 s.</summary>
    public TimeSpan TransactionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A worker silent for longer loses its partitions. Default 10 s.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The partitions of the sensors topic where this worker creates it. Default 4.</summary>
    public int SensorPartitions { get; init; } = 4;

    /// <summary>The partitions of the repartition topic where this worker creates it. Default 4.</summary>
    public int RepartitionPartitions { get; init; } = 4;

    /// <summary>The replication factor of topics this worker creates; -1 (default) leaves it to the broker.</summary>
    public short ReplicationFactor { get; init; } = -1;

    /// <summary>Reads the section; what is wrong with it goes to <paramref name="errors"/>.</summary>
    public static StreamsOptions Read(IConfiguration configuration, ConfigurationErrors errors)
    {
        var reader = new SettingsReader(configuration, errors);
        var defaults = new StreamsOptions();
        var second = TimeSpan.FromSeconds(1);
        var options = new StreamsOptions
        {
            ApplicationId = ReadApplicationId(reader, defaults.ApplicationId),
            Roles = ReadRoles(reader),
            Threads = reader.Number($"{Section}:Threads", defaults.Threads, 1, 64),
            StateDirectory = ReadStateDirectory(reader),
            Guarantee = reader.OneOf(
                $"{Section}:ProcessingGuarantee", defaults.Guarantee, ("exactly_once", ProcessingGuarantee.ExactlyOnce),
                ("at_least_once", ProcessingGuarantee.AtLeastOnce), ("exactly_once_v2", ProcessingGuarantee.ExactlyOnce),
                ("ExactlyOnce", ProcessingGuarantee.ExactlyOnce), ("AtLeastOnce", ProcessingGuarantee.AtLeastOnce)),
            Window = WindowOptions.Read(reader),
            IdleTimeout = reader.Duration($"{Section}:IdleTimeout", defaults.IdleTimeout, second, TimeSpan.FromDays(1)),
            RaiseInterval = reader.Duration($"{Section}:RaiseInterval", defaults.RaiseInterval, second, TimeSpan.FromDays(1)),
            CommitInterval = reader.Duration($"{Section}:CommitInterval", defaults.CommitInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            MaxCommitInterval = reader.Duration($"{Section}:MaxCommitInterval", defaults.MaxCommitInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            EmitInterval = reader.Duration($"{Section}:EmitInterval", defaults.EmitInterval, TimeSpan.Zero, TimeSpan.FromHours(1)),
            TransactionTimeout = reader.Duration($"{Section}:TransactionTimeout", defaults.TransactionTimeout, second, TimeSpan.FromMinutes(15)),
            SessionTimeout = reader.Duration($"{Section}:SessionTimeout", defaults.SessionTimeout, second, TimeSpan.FromMinutes(30)),
            SensorPartitions = reader.Number($"{Section}:SensorPartitions", defaults.SensorPartitions, 1, 1000),
            RepartitionPartitions = reader.Number($"{Section}:RepartitionPartitions", defaults.RepartitionPartitions, 1, 1000),
            ReplicationFactor = (short)reader.Number($"{Section}:ReplicationFactor", defaults.ReplicationFactor, -1, 16),
        };
        options.CheckTogether(errors);
        reader.RejectUnknown(Section);
        return options;
    }

    /// <summary>What the engine is given.</summary>
    internal StreamsConfig ToEngine(KafkaSettings kafka, TimeProvider clock) => new()
    {
        ApplicationId = ApplicationId,
        Client = kafka.ClientProperties,
        StateDirectory = StateDirectory,
        Threads = Threads,
        Roles = (Roles.HasFlag(WorkerRoles.Combine) ? StreamsRoles.Combine : 0) | (Roles.HasFlag(WorkerRoles.Windows) ? StreamsRoles.Windows : 0),
        Guarantee = Guarantee,
        RepartitionPartitions = RepartitionPartitions,
        ReplicationFactor = ReplicationFactor,
        CommitInterval = CommitInterval,
        MaxCommitInterval = MaxCommitInterval,
        EmitInterval = EmitInterval,
        IdleTimeout = IdleTimeout,
        RaiseInterval = RaiseInterval,
        TransactionTimeout = TransactionTimeout,
        SessionTimeout = SessionTimeout,
        MetricPrefix = "smartcity.streams",
        Clock = clock,
    };

    private void CheckTogether(ConfigurationErrors errors)
    {
        if (CommitInterval > MaxCommitInterval)
        {
            errors.Add(
                $"{Section}:CommitInterval", Durations.Format(CommitInterval), $"must not be longer than MaxCommitInterval ({Durations.Format(MaxCommitInterval)})",
                Durations.Format(MaxCommitInterval));
        }

        if (Guarantee == ProcessingGuarantee.ExactlyOnce && MaxCommitInterval > TransactionTimeout / 2)
        {
            errors.Add(
                $"{Section}:MaxCommitInterval", Durations.Format(MaxCommitInterval),
                $"must not be longer than half of TransactionTimeout ({Durations.Format(TransactionTimeout)}), or the broker aborts transactions under load",
                Durations.Format(TransactionTimeout / 2));
        }
    }

    private static string ReadApplicationId(SettingsReader reader, string fallback)
    {
        var key = $"{Section}:ApplicationId";
        var id = reader.Text(key) ?? fallback;
        if (id.Length > 100 || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
        {
            reader.Errors.Add(key, id, "must be at most 100 letters, digits, dots, hyphens and underscores: topic names start with it", fallback);
        }

        return id;
    }

    private static WorkerRoles ReadRoles(SettingsReader reader)
    {
        var key = $"{Section}:Roles";
        if (reader.List(key) is not { } names)
        {
            return WorkerRoles.All;
        }

        var roles = WorkerRoles.None;
        foreach (var name in names)
        {
            if (Enum.TryParse<WorkerRoles>(name, ignoreCase: true, out var role) && role is not WorkerRoles.None && !int.TryParse(name, out _))
            {
                roles |= role;
            }
            else
            {
                reader.Errors.Add(key, name, "must list some of combine, windows, postgres, lake, or say all", "combine,windows,postgres,lake");
            }
        }

        return roles;
    }

    private static string ReadStateDirectory(SettingsReader reader)
    {
        var key = $"{Section}:StateDirectory";
        var given = reader.Text(key);
        var path = given ?? DefaultStateDirectory();
        try
        {
            Directory.CreateDirectory(path);
            var probe = Path.Combine(path, $".{Guid.NewGuid():n}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            reader.Errors.Add(key, path, $"must be a folder that this process may write to ({error.Message.TrimEnd('.')})", "/var/lib/smart-city");
        }

        return path;
    }

    /// <summary>systemd's <c>StateDirectory=</c> where there is one, else the user's local application data, else a temporary folder.</summary>
    private static string DefaultStateDirectory()
    {
        if (Environment.GetEnvironmentVariable("STATE_DIRECTORY") is { Length: > 0 } systemd)
        {
            return systemd.Split(':')[0];
        }

        var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        return Path.Combine(local.Length > 0 ? local : Path.GetTempPath(), "smart-city", "streams");
    }
}
