using Confluent.Kafka;

using Microsoft.EntityFrameworkCore;

using SmartCity.Api.Configuration;
using SmartCity.Api.Database;
using SmartCity.Api.Kafka;

namespace SmartCity.Api.Pipeline;

/// <summary>
/// Finds out how the stream stands, from what is committed: the groups' offsets in Kafka and the database sink's in the database. So it tells the truth of a worker that
/// is gone too, and its lag grows. An answer is kept for two seconds, so that many who watch cost as much as one.
/// </summary>
internal sealed class PipelineReader(ApiSettings settings, LogReader log, CityDatabase database, WorkerReports workers, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _one = new(1);
    private PipelineState? _latest;

    public async Task<PipelineState> ReadAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_latest is null || clock.GetUtcNow().UtcDateTime - _latest.Time >= KeptFor)
            {
                _latest = await LookAsync(cancellationToken);
            }

            return _latest;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>Every reading that Kafka took before this time is in the lake; null when that cannot be told.</summary>
    public async Task<DateTime?> LakeIsFreshUntilAsync(CancellationToken cancellationToken)
    {
        var state = await ReadAsync(cancellationToken);
        if (!state.Kafka || state.Sinks.FirstOrDefault(sink => sink.Name == SinkNames.RawLake) is not { Partitions.Count: > 0 } sink || sink.Partitions.Any(place => place.Position is null || !place.WaitingIsKnown))
        {
            return null;
        }

        return sink.Partitions.Min(place => place.WaitingSince) is { } since && since < state.Time ? since : state.Time;
    }

    private async Task<PipelineState> LookAsync(CancellationToken cancellationToken)
    {
        var time = clock.GetUtcNow().UtcDateTime;
        var stored = await StoredAsync(cancellationToken);
        try
        {
            var topics = settings.Kafka.Topics;
            var sensors = await log.PartitionsAsync(topics.Sensors, cancellationToken);
            var aggregates = await log.PartitionsAsync(topics.Aggregates, cancellationToken);
            var statuses = await log.PartitionsAsync(topics.SensorStatus, cancellationToken);
            var bounds = await log.BoundsAsync([.. sensors, .. aggregates, .. statuses], cancellationToken);
            var inputs = await InputsAsync(sensors, bounds, time, cancellationToken);
            List<SinkPlace> sinks = [];
            if (stored is not null)
            {
                sinks.Add(await SinkAsync(SinkNames.Database, [.. aggregates, .. statuses], stored, bounds, cancellationToken));
            }

            sinks.Add(await SinkAsync(SinkNames.RawLake, sensors, await CommittedAsync(SinkNames.RawLake, sensors, cancellationToken), bounds, cancellationToken));
            sinks.Add(await SinkAsync(SinkNames.AggregateLake, aggregates, await CommittedAsync(SinkNames.AggregateLake, aggregates, cancellationToken), bounds, cancellationToken));
            return new PipelineState(time, Kafka: true, stored is not null, inputs, sinks, workers.Latest);
        }
        catch (KafkaException)
        {
            return new PipelineState(time, Kafka: false, stored is not null, [], [], workers.Latest);
        }
    }

    private async Task<IReadOnlyList<InputPartition>> InputsAsync(
        IReadOnlyList<TopicPartition> sensors, Dictionary<TopicPartition, WatermarkOffsets> bounds, DateTime time, CancellationToken cancellationToken)
    {
        var names = settings.Stream;
        var times = sensors.Select(partition => new TopicPartition(names.StreamTimeTopic, partition.Partition));
        var committed = await log.CommittedAsync(names.CombineGroup, [.. sensors, .. times], cancellationToken);
        var last = await log.LastTimesAsync(sensors.ToDictionary(partition => partition, partition => bounds[partition]), cancellationToken);
        return [.. sensors.Select(partition =>
        {
            var (start, end) = (bounds[partition].Low.Value, bounds[partition].High.Value);
            long? position = committed.TryGetValue(partition, out long next) ? next : null;
            DateTime? lastRecord = last.TryGetValue(partition, out var at) ? at : null;
            var streamTime = StreamNames.StreamTime(committed.TryGetValue(new TopicPartition(names.StreamTimeTopic, partition.Partition), out long offset) ? offset : null);
            bool isIdle = (position is null ? end == start : position >= end) && !(time - lastRecord < names.IdleTimeout);
            return new InputPartition(partition.Partition.Value, start, end, position, streamTime, lastRecord, isIdle);
        })];
    }

    private async Task<SinkPlace> SinkAsync(
        string name, IReadOnlyList<TopicPartition> partitions, Dictionary<TopicPartition, long> positions, Dictionary<TopicPartition, WatermarkOffsets> bounds, CancellationToken cancellationToken)
    {
        // A lake sink that has never committed starts at the beginning; where it stands is then not known, but what waits is.
        var waiting = await log.TimesAsync(
            [.. partitions.Select(partition => new TopicPartitionOffset(partition, Math.Max(positions.GetValueOrDefault(partition), bounds[partition].Low.Value)))
                .Where(place => place.Offset.Value < bounds[place.TopicPartition].High.Value)],
            cancellationToken);
        return new SinkPlace(name, [.. partitions.Select(partition => new SinkPartitionPlace(
            partition, bounds[partition].High.Value, positions.TryGetValue(partition, out long position) ? position : null,
            waiting.GetValueOrDefault(partition), WaitingIsKnown: waiting.ContainsKey(partition) || position >= bounds[partition].High.Value))]);
    }

    private Task<Dictionary<TopicPartition, long>> CommittedAsync(string sink, IReadOnlyList<TopicPartition> partitions, CancellationToken cancellationToken)
        => log.CommittedAsync(settings.Stream.SinkGroup(sink), partitions, cancellationToken);

    /// <summary>The database sink's positions; null when the database does not answer.</summary>
    private async Task<Dictionary<TopicPartition, long>?> StoredAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var context = database.Open();
            var rows = await context.SinkOffsets.Where(row => row.Sink == SinkNames.Database).ToListAsync(cancellationToken);
            return rows.GroupBy(row => new TopicPartition(row.Topic, row.Partition)).ToDictionary(group => group.Key, group => group.Max(row => row.NextOffset));
        }
        catch (Exception error) when (CityDatabase.ErrorIn(error) is not null)
        {
            return null;
        }
    }
}

/// <summary>The names under which the worker runs its sinks.</summary>
internal static class SinkNames
{
    public const string Database = "postgres", RawLake = "lake-raw", AggregateLake = "lake-aggregates";
}
