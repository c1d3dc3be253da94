using System.Text.RegularExpressions;

using SmartCity.Tests.Support;

using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace SmartCity.Tests.Deployment;

/// <summary>compose.yaml as Docker Compose would see it with nothing set in the environment.</summary>
internal sealed partial class ComposeFile
{
    private readonly Dictionary<object, object> _root;

    private ComposeFile(Dictionary<object, object> root) => _root = root;

    public static ComposeFile Read()
    {
        string text = Variable().Replace(File.ReadAllText(Repository.Path("compose.yaml")), variable => variable.Groups["default"].Value);
        IDeserializer yaml = new DeserializerBuilder().Build();
        return new(yaml.Deserialize<Dictionary<object, object>>(new MergingParser(new Parser(new StringReader(text)))));
    }

    public IReadOnlyDictionary<string, Service> Services
        => Map(_root["services"]).ToDictionary(service => service.Key, service => new Service(Map(service.Value)));

    public IReadOnlyCollection<string> Volumes => Map(_root["volumes"]).Keys;

    private static Dictionary<string, object> Map(object node)
        => ((Dictionary<object, object>)node).ToDictionary(entry => (string)entry.Key, entry => entry.Value);

    [GeneratedRegex(@"\$\{[A-Z0-9_]+:-(?<default>[^}]*)\}")]
    private static partial Regex Variable();

    internal sealed class Service(Dictionary<string, object> node)
    {
        public string Image => (string)node["image"];

        public bool Runs => node.GetValueOrDefault("restart") is not "no";

        public bool HasHealthcheck => node.ContainsKey("healthcheck");

        public string? Dockerfile => node.TryGetValue("build", out object? build) ? (string)Map(build)["dockerfile"] : null;

        public IEnumerable<string> Ports => Strings("ports");

        public IEnumerable<string> Volumes => Strings("volumes");

        public IEnumerable<string> Entrypoint => Strings("entrypoint");

        public IEnumerable<string> Command => Strings("command");

        /// <summary>The command that says whether it is healthy, without Compose's own first word.</summary>
        public IReadOnlyList<string> Healthcheck => Map(node["healthcheck"])["test"] is List<object> test ? [.. test.Cast<string>().Skip(1)] : [];

        public IEnumerable<string> DependsOn => node.TryGetValue("depends_on", out object? others) ? Map(others).Keys : [];

        public Dictionary<string, string?> Environment
            => node.TryGetValue("environment", out object? variables) ? Map(variables).ToDictionary(v => v.Key, v => (string?)v.Value) : [];

        // A doubled dollar is one that Compose leaves alone.
        private IEnumerable<string> Strings(string key)
            => node.TryGetValue(key, out object? list) ? ((List<object>)list).Cast<string>().Select(text => text.Replace("$$", "$", StringComparison.Ordinal)) : [];
    }
}
