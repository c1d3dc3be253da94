using System.Globalization;

using Confluent.Kafka;
using Confluent.Kafka.Admin;

using SmartCity.Domain;

namespace SmartCity.Benchmarks.Drain;

/// <summary>What stands behind a verb: <c>--name value</c>, or <c>--name</c> alone.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    public Options(string[] arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i].TrimStart('-');
            _values[name] = i + 1 < arguments.Length && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal) ? arguments[++i] : "";
        }
    }

    public string BootstrapServers => Text("bootstrap-servers", "127.0.0.1:9092");

    public TopicNames Topics => TopicNames.WithPrefix(Text("prefix", ""));

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    public int Whole(string name, int otherwise) => _values.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers }).Build();

    /// <summary>The partitions of the sensors' topic, and how many readings are in them.</summary>
    public async Task<(IReadOnlyList<TopicPartition> Partitions, long Readings)> SensorsAsync()
    {
        using var admin = Admin();
        var partitions = admin.GetMetadata(Topics.Sensors, TimeSpan.FromSeconds(10)).Topics[0].Partitions.Select(p => new TopicPartition(Topics.Sensors, p.PartitionId)).ToList();
        var ends = await admin.ListOffsetsAsync(partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = OffsetSpec.Latest() }));
        return (partitions, ends.ResultInfos.Sum(r => r.TopicPartitionOffsetError.Offset.Value));
    }

    /// <summary>Makes the output topics anew, so that each run begins with empty ones.</summary>
    public async Task RenewOutputsAsync()
    {
        using var admin = Admin();
        string[] names = [Topics.Aggregates, Topics.DeadLetters, Topics.Late, Topics.SensorStatus, Topics.Quality];
        var there = admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Select(t => t.Topic).ToHashSet(StringComparer.Ordinal);
        if (names.Where(there.Contains).ToList() is { Count: > 0 } old)
        {
            await admin.DeleteTopicsAsync(old);
        }

        for (var tries = 0; ; tries++)
        {
            try
            {
                await admin.CreateTopicsAsync(names.Select(name => new TopicSpecification
                {
                    Name = name,
                    NumPartitions = 4,
                    ReplicationFactor = -1,
                    Configs = name == Topics.SensorStatus ? new() { ["cleanup.policy"] = "compact" } : [],
                }));
                return;
            }
            catch (CreateTopicsException) when (tries < 50)
            {
                await Task.Delay(200); // A deletion takes the broker a moment.
            }
        }
    }
}
