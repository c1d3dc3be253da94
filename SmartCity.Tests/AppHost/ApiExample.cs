using System.Text.Json;
using System.Text.RegularExpressions;

using SmartCity.Tests.Support;

namespace SmartCity.Tests.AppHost;

/// <summary>A command of <c>docs/api.md</c>, with the status it says it gets (200 where it says nothing) and the answer shown below it, where one is.</summary>
internal sealed partial record ApiExample(string Command, int Status, string? Answer)
{
    /// <summary>Members whose own members are names out of the data.</summary>
    private static readonly string[] Maps = ["metrics", "reasons"];

    /// <summary>Every command in the page's fenced blocks. A block of JSON belongs to the block of commands ahead of it, which then has one command.</summary>
    public static IEnumerable<ApiExample> All()
    {
        var blocks = Fenced().Matches(File.ReadAllText(Repository.Path("docs/api.md"))).ToList();
        for (int index = 0; index < blocks.Count; index++)
        {
            if (blocks[index].Groups["kind"].Value != "sh")
            {
                continue;
            }

            string? answer = index + 1 < blocks.Count && blocks[index + 1].Groups["kind"].Value == "json" ? blocks[index + 1].Groups["text"].Value : null;
            foreach (string line in blocks[index].Groups["text"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var status = StatusSaid().Match(line);
                yield return new ApiExample(line, status.Success ? int.Parse(status.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : 200, answer);
            }
        }
    }

    public override string ToString() => Command.Split("   #")[0];

    /// <summary>What an answer has otherwise than the documented one: a member more or less, or a value of another kind. A null tells nothing of a kind.</summary>
    public static IEnumerable<string> Differences(JsonElement documented, JsonElement actual, string path = "$")
    {
        if (documented.ValueKind == JsonValueKind.Null || actual.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (Kind(documented) != Kind(actual))
        {
            return [$"{path} is a {Kind(actual)}, not a {Kind(documented)}"];
        }

        switch (documented.ValueKind)
        {
            case JsonValueKind.Object when Maps.Contains(path.Split('.')[^1]):
                var first = documented.EnumerateObject().First().Value;
                return actual.EnumerateObject().SelectMany(member => Differences(first, member.Value, $"{path}.{member.Name}"));
            case JsonValueKind.Object:
                var there = actual.EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
                var shown = documented.EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
                return shown.Keys.Except(there.Keys).Select(name => $"{path}.{name} is missing")
                    .Concat(there.Keys.Except(shown.Keys).Select(name => $"{path}.{name} is not documented"))
                    .Concat(shown.Keys.Intersect(there.Keys).SelectMany(name => Differences(shown[name], there[name], $"{path}.{name}")));
            case JsonValueKind.Array when documented.GetArrayLength() > 0:
                return actual.EnumerateArray().SelectMany((element, index) => documented.EnumerateArray().Select(one => Differences(one, element, $"{path}[{index}]").ToList()).MinBy(found => found.Count)!);
            default:
                return [];
        }
    }

    private static string Kind(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? "boolean" : value.ValueKind.ToString().ToLowerInvariant();

    [GeneratedRegex(@"^```(?<kind>sh|json)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex(@"# (\d{3})$")]
    private static partial Regex StatusSaid();
}
