using System.Globalization;

using Microsoft.Extensions.Configuration;

namespace SmartCity.Domain.Configuration;

/// <summary>
/// Reads typed settings. A value that breaks its rule goes to <paramref name="errors"/>, and the fallback is returned so that the rest can be checked too.
/// It remembers what it was asked for, so that <see cref="RejectUnknown"/> finds misspelt keys.
/// </summary>
public sealed class SettingsReader(IConfiguration configuration, ConfigurationErrors errors)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Where errors go.</summary>
    public ConfigurationErrors Errors { get; } = errors;

    /// <summary>The text of a key; null when it is not set or empty.</summary>
    public string? Text(string key)
    {
        _known.Add(key);
        var value = configuration[key]?.Trim();
        return string.IsNullOrEmpty(value) ? null : value;
    }

    /// <summary>The text of a key that must be set.</summary>
    public string Required(string key, string rule, string example)
    {
        if (Text(key) is { } value)
        {
            return value;
        }

        Errors.Add(key, null, rule, example);
        return example;
    }

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public int Number(string key, int fallback, int min, int max) => (int)Number(key, (long)fallback, min, max);

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public long Number(string key, long fallback, long min, long max)
    {
        if (Text(key) is not { } text)
        {
            return fallback;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        var limits = max == long.MaxValue ? $"of at least {Invariant(min)}" : $"from {Invariant(min)} to {Invariant(max)}";
        Errors.Add(key, text, $"must be a whole number {limits}", Invariant(fallback));
        return fallback;
    }

    /// <summary>A duration from <paramref name="min"/> to <paramref name="max"/>; see <see cref="Durations"/> for its forms.</summary>
    public TimeSpan Duration(string key, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        if (Text(key) is not { } text)
        {
            return fallback;
        }

        if (!Durations.TryParse(text, out var value))
        {
            Errors.Add(key, text, "must be a duration such as 00:05:00, 30s or 5m", Durations.Format(fallback));
            return fallback;
        }

        if (value < min || value > max)
        {
            Errors.Add(key, text, $"must be from {Durations.Format(min)} to {Durations.Format(max)}", Durations.Format(fallback));
            return fallback;
        }

        return value;
    }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public bool Switch(string key, bool fallback)
    {
        if (Text(key) is not { } text)
        {
            return fallback;
        }

        if (bool.TryParse(text, out var value))
        {
            return value;
        }

        Errors.Add(key, text, "must be true or false", fallback ? "true" : "false");
        return fallback;
    }

    /// <summary>One of a few names; case does not matter.</summary>
    public T OneOf<T>(string key, T fallback, params ReadOnlySpan<(string Name, T Value)> choices)
    {
        if (Text(key) is not { } text)
        {
            return fallback;
        }

        var names = new List<string>();
        foreach (var (name, value) in choices)
        {
            if (string.Equals(name, text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }

            names.Add(name);
        }

        Errors.Add(key, text, $"must be one of {string.Join(", ", names)}", names.Count > 0 ? names[0] : "");
        return fallback;
    }

    /// <summary>The items of a key, given as a list (<c>KEY:0</c>, <c>KEY:1</c>, …) or as text with commas; null when it is not set.</summary>
    public IReadOnlyList<string>? List(string key)
    {
        var items = new List<string>();
        foreach (var child in configuration.GetSection(key).GetChildren())
        {
            _known.Add(child.Path);
            if (!string.IsNullOrWhiteSpace(child.Value))
            {
                items.Add(child.Value.Trim());
            }
        }

        if (Text(key) is { } text)
        {
            items.AddRange(text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }

        return items.Count > 0 ? items : null;
    }

    /// <summary>Every key below a section with its value; the key is relative to the section.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> All(string section)
    {
        var found = new List<KeyValuePair<string, string>>();
        foreach (var (path, value) in configuration.GetSection(section).AsEnumerable(makePathsRelative: true))
        {
            if (value is not null)
            {
                _known.Add($"{section}:{path}");
                found.Add(new(path, value));
            }
        }

        return found;
    }

    /// <summary>Reports every key below a section that nobody asked for: a misspelt setting must not be ignored in silence.</summary>
    public void RejectUnknown(string section)
    {
        foreach (var (path, value) in configuration.GetSection(section).AsEnumerable())
        {
            if (value is null || _known.Contains(path))
            {
                continue;
            }

            var nearest = Nearest(path, section);
            Errors.Add(nearest is null
                ? $"{path} is set but is no setting of {section}. Remove {ConfigurationErrors.EnvironmentName(path)}."
                : $"{path} is set but is no setting of {section}. Did you mean {ConfigurationErrors.EnvironmentName(nearest)}?");
        }
    }

    private string? Nearest(string path, string section)
    {
        string? best = null;
        var least = 4;
        foreach (var known in _known)
        {
            if (known.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase) && Distance(known, path) is var distance && distance < least)
            {
                (best, least) = (known, distance);
            }
        }

        return best;
    }

    /// <summary>Levenshtein's distance, case ignored.</summary>
    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + cost));
            }
        }

        return row[b.Length];
    }

    private static string Invariant(long value) => value.ToString(CultureInfo.InvariantCulture);
}
