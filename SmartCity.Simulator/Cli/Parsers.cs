using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Readings;
using SmartCity.Simulator.City;

namespace SmartCity.Simulator.Cli;

/// <summary>Makes options whose text is read our way, with an error that says what would have been right.</summary>
internal static class Parsers
{
    /// <summary>A duration; a bare number is seconds, as on the Python platform.</summary>
    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => TryDuration(Text(result), out var duration) ? duration : Fail<TimeSpan?>(result, name, "a duration such as 30, 30s, 5m or 2h"),
    };

    public static Option<double> Number(string name, string description, double standard) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = result => double.TryParse(Text(result), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number >= 0
            ? number
            : Fail<double>(result, name, "a number such as 0.02 or 10, not below 0"),
    };

    public static Option<DateTimeOffset?> Moment(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => TryMoment(Text(result), out var moment) ? moment : Fail<DateTimeOffset?>(result, name, "a moment such as 2026-01-15T14:00:00Z"),
    };

    public static Option<IReadOnlyList<CityPlace>> Cities() => new("--cities")
    {
        Description = $"The cities, with commas between, of: {string.Join(", ", Atlas.Cities.Select(c => c.Name))} (default: all)",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => Each(result, "--cities", Atlas.Find, "one of " + string.Join(", ", Atlas.Cities.Select(c => c.Name))),
    };

    public static Option<IReadOnlyList<SensorType>> Types() => new("--types")
    {
        Description = $"The kinds of sensors, with commas between, of: {string.Join(", ", SensorTypes.All.Select(t => t.Name))} (default: all)",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. (Each(result, "--types", SensorTypeNamed, "one of " + string.Join(", ", SensorTypes.All.Select(t => t.Name))) ?? []).Select(t => t.Type)],
    };

    /// <summary>The kinds of day.</summary>
    public static Option<Profile> Profiles() => new("--profile")
    {
        Description = "The kind of day: steady (an ordinary one, default), rush-hour, storm or outage",
        HelpName = "profile",
        CustomParser = result => Text(result) switch
        {
            "steady" => Profile.Steady,
            "rush-hour" => Profile.RushHour,
            "storm" => Profile.Storm,
            "outage" => Profile.Outage,
            _ => Fail<Profile>(result, "--profile", "steady, rush-hour, storm or outage"),
        },
    };

    internal static bool TryDuration(string text, out TimeSpan duration) =>
        (Durations.TryParse(text, out duration) || Durations.TryParse(text + "s", out duration)) && duration >= TimeSpan.Zero;

    internal static bool TryMoment(string text, out DateTimeOffset moment) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out moment);

    internal static T? Fail<T>(ArgumentResult result, string name, string wanted)
    {
        result.AddError($"{name} is {string.Join(' ', result.Tokens.Select(t => t.Value))} but must be {wanted}.");
        return default;
    }

    internal static string Text(ArgumentResult result) => result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";

    private static SensorTypeDefinition? SensorTypeNamed(string name) => SensorTypes.All.FirstOrDefault(t => t.Name == name || t.Slug == name);

    private static List<T>? Each<T>(ArgumentResult result, string name, Func<string, T?> find, string wanted)
        where T : class
    {
        var found = new List<T>();
        foreach (var text in result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            if (find(text) is not { } item)
            {
                result.AddError($"{name} names {text} but must name {wanted}.");
                return null;
            }

            if (!found.Contains(item))
            {
                found.Add(item);
            }
        }

        return found;
    }
}
