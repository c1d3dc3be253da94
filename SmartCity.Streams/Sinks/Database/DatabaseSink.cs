using System.Globalization;

using Confluent.Kafka;

using SmartCity.Domain;
using SmartCity.Domain.Aggregates;
using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>
/// Keeps the window tables, <c>sensors</c>, <c>stream_progress</c> and <c>quality_hourly</c> from the topics of rows, statuses, counts and readings that were passed on. Exactly once: the offsets live in the
/// database and move in the transaction that writes the rows, and reading resumes from there.
/// </summary>
internal sealed class DatabaseSink(
    IDatabaseWriter writer, TopicNames topics, Func<string, CancellationToken, Task<SourceLog>> identify, TimeSpan flushInterval, TimeProvider clock) : ISink
{
    /// <summary>The sink's name in <c>sink_offsets</c>, in the consumer group and in metrics; also over SQLite, since it is the same sink.</summary>
    public const string SinkName = "postgres";

    /// <summary>Enough to make a transaction's own cost small, and little enough that its locks and memory stay so too.</summary>
    private const int MaxRecords = 10_000;

    private readonly Dictionary<TopicPartition, PartitionRows> _partitions = [];
    private int _held;
    private long _heldSince;
    private bool _flushNow;

    public string Name => SinkName;

    public IReadOnlyList<string> Topics { get; } = [topics.Aggregates, topics.SensorStatus, topics.Quality, topics.DeadLetters, topics.Late];

    public bool NeedsHeaders => true;

    public bool IsOutage(Exception error) => DatabaseErrors.IsTemporary(error);

    public async Task<IReadOnlyList<TopicPartitionOffset>> OpenAsync(IReadOnlyList<TopicPartition> partitions, ISinkGroup group, CancellationToken cancellationToken)
    {
        var offsets = new List<TopicPartitionOffset>();
        foreach (var topic in partitions.GroupBy(partition => partition.Topic))
        {
            var log = await identify(topic.Key, cancellationToken);
            var starts = new Dictionary<int, long>();
            foreach (var partition in topic)
            {
                starts[partition.Partition] = (await group.WatermarksAsync(partition, cancellationToken)).Low;
            }

            foreach (var (partition, offset) in await LoadAsync(log, starts, cancellationToken))
            {
                var place = new TopicPartition(log.Topic, partition);
                _partitions[place] = new PartitionRows(log, partition, offset);
                offsets.Add(new(place, offset));
            }
        }

        return offsets;
    }

    public SinkTake Take(in SinkRecord record)
    {
        var rows = _partitions[record.Partition];
        try
        {
            if (record.Partition.Topic == topics.Aggregates)
            {
                rows.Take(AggregateRow.ParseJson(record.Value), record.Offset);
            }
            else if (record.IsTombstone && record.Partition.Topic == topics.SensorStatus)
            {
                // Someone took a sensor out of the topic; what is known of it in the table is the past, and stays.
                rows.Skip(record.Offset);
            }
            else if (record.Partition.Topic == topics.DeadLetters)
            {
                rows.Take([QualityCounts.OfDeadLetter(record)], record.Offset);
            }
            else if (record.Partition.Topic == topics.Late)
            {
                rows.Take([QualityCounts.OfLate(record)], record.Offset);
            }
            else if (record.Partition.Topic == topics.Quality)
            {
                TakeCounts(rows, ReadingCounts.ParseJson(record.Value), record.Offset);
            }
            else
            {
                rows.Take(SensorStatus.ParseJson(record.Value), record.Offset);
            }
        }
        catch (FormatException error)
        {
            return Malformed(record, error);
        }

        if (_held++ == 0)
        {
            _heldSince = clock.GetTimestamp();
        }

        return _held >= MaxRecords ? SinkTake.TakenAndFull : SinkTake.Taken;
    }

    public SinkWork? Due(bool everything)
    {
        if (_held == 0 || !(everything || _flushNow || _held >= MaxRecords || clock.GetElapsedTime(_heldSince) >= flushInterval))
        {
            return null;
        }

        PartitionRows[] batch =
        [
            .. _partitions.Values.Where(rows => !rows.IsEmpty).OrderBy(rows => rows.Log.Topic, StringComparer.Ordinal).ThenBy(rows => rows.Partition),
        ];
        return new SinkWork([.. batch.Select(rows => new TopicPartition(rows.Log.Topic, rows.Partition))], cancellation => WriteAsync(batch, cancellation));
    }

    public void Close(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            _partitions.Remove(partition);
        }

        if (_partitions.Values.All(rows => rows.IsEmpty))
        {
            (_held, _flushNow) = (0, false);
        }
    }

    private static void TakeCounts(PartitionRows rows, ReadingCounts counts, long offset)
    {
        if (counts.Progress is { } progress)
        {
            rows.Take(progress, offset);
        }
        else
        {
            rows.Take(QualityCounts.OfAccepted(counts), offset);
        }
    }

    private async Task<SinkOutcome> WriteAsync(PartitionRows[] batch, CancellationToken cancellation)
    {
        IReadOnlyList<TopicPartitionOffset>? goOnFrom = null;
        var count = batch.Sum(rows => rows.Count);
        if (await writer.WriteAsync(batch, cancellation))
        {
            foreach (var rows in batch)
            {
                rows.Written();
            }
        }
        else
        {
            (goOnFrom, count) = (await StartAgainAsync(batch, cancellation), 0);
        }

        (_held, _flushNow) = (0, false);
        return new SinkOutcome(count, goOnFrom);
    }

    /// <summary>Overtaken: what is held is dropped, and reading goes on from where the database stands.</summary>
    private async Task<List<TopicPartitionOffset>> StartAgainAsync(PartitionRows[] batch, CancellationToken cancellation)
    {
        var offsets = new List<TopicPartitionOffset>();
        foreach (var rows in batch)
        {
            var loaded = await LoadAsync(rows.Log, new Dictionary<int, long> { [rows.Partition] = rows.First }, cancellation);
            offsets.Add(new(rows.Log.Topic, rows.Partition, loaded[rows.Partition]));
        }

        foreach (var (rows, offset) in batch.Zip(offsets))
        {
            rows.StartAt(offset.Offset);
        }

        return offsets;
    }

    private async Task<IReadOnlyDictionary<int, long>> LoadAsync(SourceLog log, IReadOnlyDictionary<int, long> starts, CancellationToken cancellation)
    {
        try
        {
            return await writer.LoadAsync(log, starts, cancellation);
        }
        catch (ForeignLogException error)
        {
            throw new SinkFaultException(error.Message, error);
        }
    }

    /// <summary>What came before it is written first; then the sink stops there, for nothing may be skipped in silence.</summary>
    private SinkTake Malformed(in SinkRecord record, FormatException error)
    {
        if (_held > 0)
        {
            _flushNow = true;
            return SinkTake.Refused;
        }

        throw new SinkFaultException(
            string.Create(CultureInfo.InvariantCulture, $"The record at {record.Partition.Topic}, partition {record.Partition.Partition.Value}, offset {record.Offset} is not what belongs there ({error.Message.TrimEnd('.')}). ")
            + "Nothing after it is written. Find out who wrote it; to pass over it, stop the worker and run: "
            + string.Create(CultureInfo.InvariantCulture, $"UPDATE sink_offsets SET next_offset = {record.Offset + 1} WHERE sink = '{SinkName}' AND topic = '{record.Partition.Topic}' AND partition = {record.Partition.Partition.Value}"),
            error);
    }
}
