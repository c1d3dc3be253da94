using System.Text.Json;
using System.Text.Json.Serialization;

using Confluent.Kafka;
using Confluent.Kafka.Admin;

using SmartCity.Domain.Configuration;

namespace SmartCity.Streams.Replay;

/// <summary>What one transaction of a replay sent again: offsets in the sensors' topic, as pairs of first and count by partition.</summary>
/// <param name="From">The topic whose records these were.</param>
/// <param name="Originals">Where the readings first stood.</param>
/// <param name="Sent">Where they stand now.</param>
internal sealed record ReplayEntry(string From, Dictionary<int, long[][]> Originals, Dictionary<int, long[][]> Sent);

/// <summary>
/// The topic <c>APPLICATIONID-replays</c>: an entry for each transaction that sent readings again, written in that very transaction. So it says exactly what was sent, whichever reasons and times
/// a run was told, and wherever it was killed.
/// </summary>
internal sealed class ReplayLedger(KafkaSettings kafka, string applicationId)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public string Topic { get; } = $"{applicationId}-replays";

    /// <summary>Where readings first stood that were sent again.</summary>
    public OffsetSet Originals { get; } = new();

    /// <summary>Where readings stand that were sent again.</summary>
    public OffsetSet Sent { get; } = new();

    public static byte[] Write(ReplayEntry entry) => JsonSerializer.SerializeToUtf8Bytes(entry, ReplayJson.Default.ReplayEntry);

    /// <summary>Reads all that is committed; false when there is no such topic yet.</summary>
    public bool Read()
    {
        using IConsumer<Ignore, byte[]?> consumer = ReplaySource.Onlooker<Ignore>(kafka, applicationId);
        using IAdminClient questions = new DependentAdminClientBuilder(consumer.Handle).Build();
        if (questions.GetMetadata(Topic, Patience).Topics.Find(topic => topic.Topic == Topic && !topic.Error.IsError) is null)
        {
            return false;
        }

        var partition = new TopicPartition(Topic, 0);
        long end = consumer.QueryWatermarkOffsets(partition, Patience).High;
        consumer.Assign(new TopicPartitionOffset(partition, Offset.Beginning));
        while (end > 0)
        {
            ConsumeResult<Ignore, byte[]?> record = consumer.Consume(Patience) ?? throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"no record of {Topic} for {Patience.TotalSeconds:0} s"));
            if (record.IsPartitionEOF)
            {
                break;
            }

            Add(JsonSerializer.Deserialize(record.Message.Value, ReplayJson.Default.ReplayEntry) ?? throw new JsonException($"{record.TopicPartitionOffset} is null"));
        }

        consumer.Close();
        return true;
    }

    /// <summary>Takes note of what was sent now.</summary>
    public void Add(ReplayEntry entry)
    {
        Originals.Add(entry.Originals);
        Sent.Add(entry.Sent);
    }

    /// <summary>Makes the topic. What it holds must outlive what it speaks of, so it is kept for ever; an entry is a few hundred bytes for some hundred readings.</summary>
    public async Task CreateAsync(short replicationFactor)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig(kafka.ClientProperties.ToDictionary())).SetLogHandler((_, _) => { }).Build();
        admin.GetMetadata(Patience);
        try
        {
            await admin.CreateTopicsAsync([new TopicSpecification
            {
                Name = Topic, NumPartitions = 1, ReplicationFactor = replicationFactor, Configs = new Dictionary<string, string> { ["retention.ms"] = "-1", ["cleanup.policy"] = "delete" },
            }]);
        }
        catch (CreateTopicsException error) when (error.Results.TrueForAll(result => result.Error.Code is ErrorCode.TopicAlreadyExists or ErrorCode.NoError))
        {
            // Another run was faster.
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ReplayEntry))]
internal sealed partial class ReplayJson : JsonSerializerContext;
