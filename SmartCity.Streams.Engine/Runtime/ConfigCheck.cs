using System.Text.RegularExpressions;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>Checks a configuration and reports everything that is wrong with it at once.</summary>
internal static partial class ConfigCheck
{
    public static void Throw(StreamsConfig config)
    {
        var errors = Errors(config).ToList();
        if (errors.Count > 0)
        {
            throw new StreamsException("The stream's configuration does not hold: " + string.Join(" ", errors));
        }
    }

    internal static IEnumerable<string> Errors(StreamsConfig config)
    {
        if (!TopicName().IsMatch(config.ApplicationId))
        {
            yield return $"ApplicationId is '{config.ApplicationId}' but becomes part of topic names: use 1 to 150 letters, digits, '.', '_' and '-'.";
        }

        if (!config.Client.ContainsKey("bootstrap.servers"))
        {
            yield return "Client has no bootstrap.servers: set it to host:port of a broker.";
        }

        if (config.Threads is < 1 or > 64)
        {
            yield return $"Threads is {config.Threads} but must be 1 to 64.";
        }

        if (config.RepartitionPartitions < 1)
        {
            yield return $"RepartitionPartitions is {config.RepartitionPartitions} but must be at least 1.";
        }

        if (config.CommitInterval <= TimeSpan.Zero || config.MaxCommitInterval < config.CommitInterval)
        {
            yield return $"CommitInterval is {config.CommitInterval} and MaxCommitInterval {config.MaxCommitInterval}: the first must be above zero and at most the second.";
        }

        if (config.MaxCommitInterval >= config.TransactionTimeout)
        {
            yield return $"MaxCommitInterval is {config.MaxCommitInterval} but must be below TransactionTimeout ({config.TransactionTimeout}), or the broker aborts.";
        }

        if (config.IdleTimeout <= TimeSpan.Zero || config.RaiseInterval < TimeSpan.Zero)
        {
            yield return $"IdleTimeout is {config.IdleTimeout} and RaiseInterval {config.RaiseInterval}: the first must be above zero, the second not below.";
        }

        if (config.SessionTimeout < TimeSpan.FromSeconds(1))
        {
            yield return $"SessionTimeout is {config.SessionTimeout} but must be at least a second.";
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,150}$")]
    private static partial Regex TopicName();
}
