using Confluent.Kafka;

namespace SmartCity.AppHost.Hosting;

/// <summary>
/// Holds the simulator up while readers are far behind, because the embedded broker keeps only the newest 5 MiB of a partition: a history that is sent
/// faster than it is read would lose its beginning.
/// </summary>
internal sealed class ReadersGate : IDisposable
{
    /// <summary>
    /// Compressed, a reading takes some 70 bytes, so this is 2.8 MB of the 5 MiB that the broker keeps. It must be more than two of the lake's batches in a partition:
    /// what the lake has committed is the beginning of the batch that it is writing.
    /// </summary>
    private const long MaxUnread = 40_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<IConsumer<Ignore, Ignore>> _groups;
    private readonly List<TopicPartition> _partitions;
    private readonly TimeProvider _clock;

    /// <param name="client">librdkafka properties.</param>
    /// <param name="topic">The topic that is read.</param>
    /// <param name="partitions">Its partitions.</param>
    /// <param name="groups">The consumer groups that must keep up.</param>
    /// <param name="clock">Where time comes from.</param>
    public ReadersGate(IReadOnlyDictionary<string, string> client, string topic, int partitions, IEnumerable<string> groups, TimeProvider clock)
    {
        _clock = clock;
        _partitions = [.. Enumerable.Range(0, partitions).Select(p => new TopicPartition(topic, p))];

        // These never join their group: they only ask what it has committed.
        _groups = [.. groups.Select(group => new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig(new Dictionary<string, string>(client))
        {
            GroupId = group,
            ClientId = "smartcity-gate",
            EnableAutoCommit = false,
        }).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build())];
    }

    /// <summary>Returns when every group is near enough to the end of every partition.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        while (MostUnread() > MaxUnread)
        {
            await Task.Delay(Pause, _clock, cancellationToken);
        }
    }

    public void Dispose() => _groups.ForEach(group => group.Dispose());

    private long MostUnread()
    {
        var most = 0L;
        var ends = _partitions.ToDictionary(p => p, p => _groups[0].QueryWatermarkOffsets(p, Patience).High.Value);
        foreach (var group in _groups)
        {
            foreach (var committed in group.Committed(_partitions, Patience))
            {
                most = Math.Max(most, ends[committed.TopicPartition] - (committed.Offset.IsSpecial ? 0 : committed.Offset.Value));
            }
        }

        return most;
    }
}
