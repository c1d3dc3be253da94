using System.Globalization;

using SmartCity.Domain.Configuration;

namespace SmartCity.Streams.Hosting;

/// <summary>What a verb was told: its own options (<c>--yes</c>, <c>--since=2026-01-15</c>), and settings, which have a colon in their name (<c>--Lake:Folder=lake</c>).</summary>
internal sealed class VerbLine
{
    private readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);
    private readonly List<string> _settings = [];

    /// <summary>Reads the arguments behind the verb's name; throws <see cref="UsageException"/> for any that it does not know.</summary>
    public VerbLine(Verb verb, IReadOnlyList<string> arguments)
    {
        for (int next = 0; next < arguments.Count;)
        {
            string argument = arguments[next++];
            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? argument : argument[..equals];
            string? value = equals < 0 ? null : argument[(equals + 1)..];
            bool isSetting = name.StartsWith("--", StringComparison.Ordinal) && name.Contains(':', StringComparison.Ordinal);
            VerbOption? option = verb.Options.FirstOrDefault(known => known.Name == name);
            if (option is null && !isSetting)
            {
                throw new UsageException($"{argument} is no option of {verb.Name}, which takes {Known(verb)}.");
            }

            if (option is { Value: null })
            {
                _options[name] = value is null ? "" : throw new UsageException($"{name} takes no value.");
                continue;
            }

            value ??= next < arguments.Count && !arguments[next].StartsWith("--", StringComparison.Ordinal) ? arguments[next++] : throw new UsageException($"{name} needs a value: {name}={option?.Value ?? "VALUE"}.");
            if (isSetting)
            {
                _settings.Add($"{name}={value}");
            }
            else
            {
                _options[name] = value;
            }
        }
    }

    /// <summary>Where it says what it does.</summary>
    public TextWriter Output { get; init; } = Console.Out;

    /// <summary>Where it says what went wrong.</summary>
    public TextWriter Errors { get; init; } = Console.Error;

    /// <summary>True when it is to do it, and not only to say what it would do.</summary>
    public bool Yes => _options.ContainsKey(VerbOption.Yes.Name);

    /// <summary>Whether an option was given.</summary>
    public bool Has(string option) => _options.ContainsKey(option);

    /// <summary>An option's value as it was given; null when it was not.</summary>
    public string? Text(string option) => _options.GetValueOrDefault(option);

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public int Number(string option, int fallback, int min, int max)
        => Text(option) is not { } text ? fallback
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max ? number
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{option} is {text} but must be a whole number from {min} to {max}."));

    /// <summary>A duration of zero or more, as settings have them.</summary>
    public TimeSpan Duration(string option, TimeSpan fallback)
        => Text(option) is not { } text ? fallback
            : Durations.TryParse(text, out TimeSpan duration) && duration >= TimeSpan.Zero ? duration
            : throw new UsageException($"{option} is {text} but must be a duration such as 12h, 2d or 00:30:00.");

    /// <summary>A moment: a date, or a date and time, in UTC unless it names another offset; null when it was not given.</summary>
    public DateTimeOffset? Time(string option)
        => Text(option) is not { } text ? null
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time) ? time
            : throw new UsageException($"{option} is {text} but must be a time such as 2026-01-15 or 2026-01-15T14:00:00Z.");

    /// <summary>Reads settings as the worker does: from <c>appsettings.json</c>, the environment and this line. Throws <see cref="ConfigurationException"/> with everything that is wrong.</summary>
    public T Settings<T>(Func<IConfiguration, ConfigurationErrors, T> read)
    {
        var configuration = new ConfigurationManager();
        configuration.SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().AddCommandLine([.. _settings]);
        configuration.AddLegacyEnvironment();
        var errors = new ConfigurationErrors();
        T settings = read(configuration, errors);
        errors.ThrowIfAny();
        return settings;
    }

    private static string Known(Verb verb) => string.Join(", ", [.. verb.Options.Select(option => option.ToString()), "settings (--SECTION:KEY=VALUE)"]);
}
