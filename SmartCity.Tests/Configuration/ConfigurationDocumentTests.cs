using System.Text.RegularExpressions;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;

using SmartCity.Api.Configuration;
using SmartCity.Domain.Configuration;
using SmartCity.Streams.Configuration;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Configuration;

/// <summary>docs/configuration.md against what worker and API ask their configuration for, and what they say of a value that will not do. Only the last column is written by people.</summary>
internal sealed partial class ConfigurationDocumentTests
{
    private const string Document = "docs/configuration.md";
    private const string Nonsense = "\u0007nonsense";

    /// <summary>Enough to start, and one item of each list, so that its keys are asked for too.</summary>
    private static readonly Dictionary<string, string?> Least = new()
    {
        ["Kafka:BootstrapServers"] = "localhost:9092",
        ["ConnectionStrings:SmartCity"] = "Host=localhost;Database=smartcity",
        ["Lake:Folder"] = Path.GetTempPath(),
        ["Worker:Port"] = "0",
        ["Api:Keys:0:Name"] = "sensors",
        ["Api:Keys:0:Sha256"] = new string('0', 64),
        ["Api:Keys:0:Scopes"] = "ingest",
        ["Alerts:Rules:0:Id"] = "pm25-high",
        ["Alerts:Rules:0:Type"] = "air_quality",
        ["Alerts:Rules:0:Metric"] = "avg_pm25",
        ["Alerts:Rules:0:Above"] = "50",
    };

    private static readonly (string Name, Action<IConfiguration> Read)[] Programs =
    [
        ("worker", configuration => WorkerSettings.Read(configuration)),
        ("API", configuration => ApiSettings.Read(configuration, new HostingEnvironment { EnvironmentName = Environments.Development })),
    ];

    [Test]
    public void The_table_is_what_the_programs_ask_for_and_what_they_say_of_nonsense()
        => Assert.That(Rows(Repository.Path(Document)), Is.EqualTo(Generated(Meanings())));

    [Test]
    public void Every_setting_says_what_it_means()
        => Assert.That(Meanings().Where(meaning => meaning.Value.Length < 10).Select(meaning => meaning.Key), Is.Empty);

    [Test, Explicit("Writes docs/configuration.md anew; the last column stays as it is.")]
    public void A_person_has_the_table_written_anew()
    {
        string path = Repository.Path(Document);
        Queue<string> lines = new(File.ReadLines(path).TakeWhile(line => !IsRow(line)));
        File.WriteAllLines(path, [.. lines, .. Generated(Meanings()), .. File.ReadLines(path).SkipWhile(line => !IsRow(line)).SkipWhile(IsRow)]);
    }

    private static List<string> Generated(Dictionary<string, string> meanings)
        => [.. Asked().Select(asked => $"| `{asked.Key}` | {asked.Value} | {Said(asked.Key, asked.Value)} | {meanings.GetValueOrDefault(asked.Key, "")} |")];

    private static SortedDictionary<string, string> Asked()
    {
        var keys = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, Action<IConfiguration> read) in Programs)
        {
            var configuration = new RecordingConfiguration(Memory(Least));
            read(configuration);
            foreach (string key in configuration.Asked.Where(key => key.Contains(':', StringComparison.Ordinal)))
            {
                keys[key] = keys.TryGetValue(key, out string? others) ? $"{others}, {name}" : name;
            }
        }

        return keys;
    }

    /// <summary>"EXAMPLE | RULE"; the example is the default where there is one. Empty where any text will do.</summary>
    private static string Said(string key, string programs)
    {
        if (Refused(key, Nonsense, programs) is not { } said)
        {
            return " | ";
        }

        // A duration's limits are said of a duration only.
        string rule = Refused(key, "-01:00:00", programs) is { } limits && limits.Rule != said.Rule ? $"{said.Rule}; {limits.Rule}" : said.Rule;
        return $"`{said.Example}` | {rule}";
    }

    /// <summary>What stands in "KEY is VALUE but RULE. Set VARIABLE=EXAMPLE."</summary>
    private static (string Example, string Rule)? Refused(string key, string value, string programs)
    {
        try
        {
            Programs.First(program => programs.Contains(program.Name, StringComparison.Ordinal)).Read(Memory(new(Least) { [key] = value }));
            return null;
        }
        catch (ConfigurationException refused)
        {
            return refused.Messages.Select(message => Refusal().Match(message)).Where(match => match.Success && match.Groups["key"].Value == key)
                .Select(match => ((string, string)?)(ForATable(match.Groups["example"].Value), ForATable(match.Groups["rule"].Value))).FirstOrDefault();
        }
    }

    private static string ForATable(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static Dictionary<string, string> Meanings()
        => Rows(Repository.Path(Document)).Select(row => row.Split(" | ")).ToDictionary(cells => cells[0].Trim('|', ' ', '`'), cells => cells[^1].Trim(' ', '|'), StringComparer.Ordinal);

    private static List<string> Rows(string path) => [.. File.ReadLines(path).Where(IsRow)];

    private static bool IsRow(string line) => line.StartsWith("| `", StringComparison.Ordinal);

    private static IConfiguration Memory(Dictionary<string, string?> settings) => new ConfigurationBuilder().AddInMemoryCollection(settings).Build();

    [GeneratedRegex(@"^(?<key>[A-Za-z0-9:]+) is .* but (?<rule>.+)\. Set [A-Za-z0-9_]+=(?<example>.*)\.$", RegexOptions.Singleline)]
    private static partial Regex Refusal();
}
