using System.Text.RegularExpressions;

using Confluent.Kafka.Admin;

using SmartCity.Tests.Support;

namespace SmartCity.Tests.Security;

/// <summary>The access lists that SECURITY.md tells people to give to Kafka.</summary>
internal static partial class AccessLists
{
    // librdkafka knows it (RD_KAFKA_RESOURCE_TRANSACTIONAL_ID); the enumeration of the .NET client lacks its name.
    private const ResourceType TransactionalId = (ResourceType)5;

    public static IReadOnlyList<AclBinding> FromDocument()
        => [.. File.ReadLines(Repository.Path("SECURITY.md")).Where(line => line.StartsWith("ACL ", StringComparison.Ordinal)).SelectMany(Parse)];

    private static IEnumerable<AclBinding> Parse(string line)
    {
        Match resource = Resource().Match(line);
        string kind = resource.Groups["kind"].Value;
        var pattern = new ResourcePattern
        {
            Type = kind switch
            {
                "topic" => ResourceType.Topic,
                "group" => ResourceType.Group,
                "cluster" => ResourceType.Broker,
                "transactional-id" => TransactionalId,
                _ => throw new FormatException(line),
            },
            Name = kind == "cluster" ? "kafka-cluster" : resource.Groups["name"].Value,
            ResourcePatternType = line.EndsWith("--resource-pattern-type prefixed", StringComparison.Ordinal) ? ResourcePatternType.Prefixed : ResourcePatternType.Literal,
        };
        foreach (Match operation in Operation().Matches(line))
        {
            yield return new AclBinding
            {
                Pattern = pattern,
                Entry = new AccessControlEntry
                {
                    Principal = line.Split(' ')[1],
                    Host = "*",
                    Operation = Enum.Parse<AclOperation>(operation.Groups["name"].Value),
                    PermissionType = AclPermissionType.Allow,
                },
            };
        }
    }

    [GeneratedRegex("--(?<kind>topic|group|cluster|transactional-id)( (?<name>[^ ]+))?")]
    private static partial Regex Resource();

    [GeneratedRegex("--operation (?<name>[A-Za-z]+)")]
    private static partial Regex Operation();
}
