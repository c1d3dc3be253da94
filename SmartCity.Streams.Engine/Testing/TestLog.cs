using System.Text;

using Confluent.Kafka;

using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Testing;

/// <summary>The topics of a test driver: what was committed, and what the running transaction has sent.</summary>
internal sealed class TestLog(Func<string, int> partitionsOf) : IRecordCollector
{
    private readonly Dictionary<(string Topic, int Partition), List<Entry>> _logs = [];
    private readonly Dictionary<(string Topic, int Partition), int> _readTo = [];
    private readonly List<(string Topic, int Partition, Entry Entry)> _pending = [];

    public void Send(string topic, int? partition, byte[]? key, byte[]? value, Headers? headers = null)
    {
        var text = headers?.ToDictionary(header => header.Key, header => Encoding.UTF8.GetString(header.GetValueBytes())) ?? [];
        _pending.Add((topic, partition ?? Murmur2.Partition(key, partitionsOf(topic)), new Entry(key, value, 0, text)));
    }

    public List<Entry> Of(string topic, int partition)
    {
        if (!_logs.TryGetValue((topic, partition), out var log))
        {
            _logs.Add((topic, partition), log = []);
        }

        return log;
    }

    public void Commit()
    {
        foreach (var (topic, partition, entry) in _pending)
        {
            Of(topic, partition).Add(entry);
        }

        _pending.Clear();
    }

    public void Abort() => _pending.Clear();

    /// <summary>What was committed to a topic since this was last asked.</summary>
    public List<TestRecord> ReadNew(string topic)
    {
        var found = new List<TestRecord>();
        for (var partition = 0; partition < partitionsOf(topic); partition++)
        {
            var log = Of(topic, partition);
            foreach (var entry in log.Skip(_readTo.GetValueOrDefault((topic, partition))))
            {
                found.Add(new TestRecord(topic, partition, entry.Key, entry.Value, entry.Headers));
            }

            _readTo[(topic, partition)] = log.Count;
        }

        return found;
    }

    internal sealed record Entry(byte[]? Key, byte[]? Value, long TimestampMs, IReadOnlyDictionary<string, string> Headers);
}
