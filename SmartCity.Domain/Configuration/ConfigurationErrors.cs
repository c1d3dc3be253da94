namespace SmartCity.Domain.Configuration;

/// <summary>
/// Collects what is wrong with the configuration, so that everything can be said at once. Each message names the key, its value, the rule it breaks and
/// the remedy: <c>Streams:Threads is 0 but must be from 1 to 64. Set Streams__Threads=1.</c>
/// </summary>
public sealed class ConfigurationErrors
{
    private readonly List<string> _messages = [];

    /// <summary>What was found so far, in the order in which it was found.</summary>
    public IReadOnlyList<string> Messages => _messages;

    /// <summary>Notes one error.</summary>
    /// <param name="key">The configuration key, e.g. <c>Streams:Threads</c>.</param>
    /// <param name="value">Its value as it was given; null when it is not set; <see cref="Hidden"/> for a secret.</param>
    /// <param name="rule">The rest of "KEY is VALUE but …", without a full stop, e.g. <c>must be from 1 to 64</c>.</param>
    /// <param name="example">A value that would do.</param>
    public void Add(string key, string? value, string rule, string example)
    {
        var shown = string.IsNullOrEmpty(value) ? "not set" : value;
        _messages.Add($"{key} is {shown} but {rule}. Set {EnvironmentName(key)}={example}.");
    }

    /// <summary>Notes an error that has another form than "KEY is VALUE but RULE".</summary>
    public void Add(string message) => _messages.Add(message);

    /// <summary>Throws a <see cref="ConfigurationException"/> with everything that was found, or does nothing when nothing was.</summary>
    public void ThrowIfAny()
    {
        if (_messages.Count > 0)
        {
            throw new ConfigurationException(_messages);
        }
    }

    /// <summary>What stands in a message in the place of a secret value.</summary>
    public const string Hidden = "(hidden)";

    /// <summary>The environment variable that sets a key: <c>Streams:Window:Size</c> is <c>Streams__Window__Size</c>.</summary>
    public static string EnvironmentName(string key) => key.Replace(":", "__", StringComparison.Ordinal);
}
