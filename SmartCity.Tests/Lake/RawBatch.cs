using System.Text;

using Confluent.Kafka;

using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Sinks;
using SmartCity.Streams.Sinks.Lake;

namespace SmartCity.Tests.Lake;

/// <summary>Makes the objects of one raw batch without Kafka.</summary>
internal static class RawBatch
{
    public const string Topic = "sensors";

    /// <summary>The batch [first, first + payloads) of a partition; record timestamps are one second apart.</summary>
    public static LakeRows Of(IEnumerable<string> payloads, LakeFormat format = LakeFormat.Parquet, int partition = 3, long first = 100, long recordTimeMs = 1_800_000_000_000)
    {
        var rows = new RawContent(Topic, new ReadingRules(), format).NewRows(partition);
        foreach (var payload in payloads)
        {
            var bytes = Encoding.UTF8.GetBytes(payload);
            rows.Add(new SinkRecord { Partition = new TopicPartition(Topic, partition), Offset = first++, TimestampMs = recordTimeMs, Value = bytes, IsTombstone = false });
            recordTimeMs += 1000;
        }

        return rows;
    }

    /// <summary>The objects by key.</summary>
    public static async Task<SortedDictionary<string, byte[]>> ObjectsAsync(LakeRows rows, long first = 100)
    {
        var objects = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var draft in rows.Drafts(first))
        {
            objects.Add(draft.Key, (await draft.MakeAsync(CancellationToken.None)).ToArray());
        }

        return objects;
    }

    /// <summary>A weather reading in the wire format.</summary>
    public static string Weather(string sensor, string city, string timestamp, double temperature, string more = "")
        => $$"""{"sensor_id":{{Quoted(sensor)}},"sensor_type":"weather","city":{{Quoted(city)}},"timestamp":"{{timestamp}}","metrics":{"temperature":{{FormattableString.Invariant($"{temperature}")}}}{{more}}}""";

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
