using System.Globalization;

namespace SmartCity.Api.Parameters;

/// <summary>Reads an endpoint's parameters; what breaks a rule goes to <see cref="Errors"/>. A parameter that the endpoint does not know is an error too: a typo
/// must not widen a query.</summary>
internal sealed class ParameterReader
{
    /// <summary>The longest name a city, district or sensor has, in code points.</summary>
    private const int MaxNameLength = 128;

    private static readonly string[] TimeForms =
        ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    private readonly IQueryCollection _query;
    private readonly IReadOnlyList<Parameter> _parameters;

    public ParameterReader(IQueryCollection query, IReadOnlyList<Parameter> parameters)
    {
        _query = query;
        _parameters = parameters;
        foreach (string name in query.Keys)
        {
            if (parameters.All(parameter => parameter.Name != name))
            {
                Errors.Add(name, $"is no parameter here; known are {string.Join(", ", parameters.Select(parameter => parameter.Name))}");
            }
            else if (query[name].Count > 1 && !Find(name).Repeatable)
            {
                Errors.Add(name, "is given more than once");
            }
        }
    }

    public ParameterErrors Errors { get; } = new();

    public bool Has(string name) => _query.ContainsKey(name);

    public string? Text(string name) => _query.TryGetValue(name, out var values) && values.Count > 0 ? values[0] : null;

    public int Number(string name)
    {
        var parameter = Find(name);
        int fallback = int.Parse(parameter.Default ?? "0", CultureInfo.InvariantCulture);
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= parameter.Min && value <= parameter.Max)
        {
            return value;
        }

        Errors.Add(name, $"must be a whole number from {parameter.Min} to {parameter.Max}");
        return fallback;
    }

    public string? Choice(string name)
    {
        var parameter = Find(name);
        if (Text(name) is not { } text)
        {
            return parameter.Default;
        }

        if (parameter.Choices!.Contains(text, StringComparer.Ordinal))
        {
            return text;
        }

        Errors.Add(name, $"must be one of {string.Join(", ", parameter.Choices!)}");
        return parameter.Default;
    }

    /// <summary>A point in time, UTC. An offset is required: a time without one means another hour in each city.</summary>
    public DateTime? Time(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        // A + that was not escaped arrives as a space.
        string unescaped = text.Replace(' ', '+');
        bool hasOffset = unescaped.EndsWith('Z') || (unescaped.Length > 6 && unescaped[^6] is '+' or '-' && unescaped[^3] == ':');
        if (hasOffset && DateTimeOffset.TryParseExact(unescaped, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) && time.UtcDateTime.Year > 1)
        {
            return time.UtcDateTime;
        }

        Errors.Add(name, "must be an RFC 3339 time with an offset, e.g. 2026-01-15T14:00:00Z");
        return null;
    }

    /// <summary>The values of a parameter that takes names, each checked by the rules for names.</summary>
    public IReadOnlyList<string> Names(string name, int most)
    {
        if (!_query.TryGetValue(name, out var values))
        {
            return [];
        }

        if (values.Count > most)
        {
            Errors.Add(name, $"may be given {most} times at most");
            return [];
        }

        var names = new List<string>();
        foreach (string? value in values)
        {
            if (IsName(value))
            {
                names.Add(value!);
            }
            else
            {
                Errors.Add(name, $"must be a name of 1 to {MaxNameLength} characters without control characters");
            }
        }

        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    public static bool IsName(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > 2 * MaxNameLength)
        {
            return false;
        }

        int length = 0;
        for (int index = 0; index < text.Length; index++, length++)
        {
            if (char.IsControl(text[index]))
            {
                return false;
            }

            if (char.IsSurrogate(text[index]))
            {
                if (!(index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1])))
                {
                    return false;
                }

                index++;
            }
        }

        return length <= MaxNameLength;
    }

    private Parameter Find(string name) => _parameters.First(parameter => parameter.Name == name);
}
