using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>Before anything starts: finds the topics, creates the engine's own where they are missing, and says clearly what does not fit.</summary>
internal sealed class ClusterCheck(TopologyPlan topology, StreamsConfig config, Clients clients, ILogger log)
{
    /// <summary>How long the changelog keeps deletions: a local store that was away for longer is restored from scratch.</summary>
    public static readonly TimeSpan DeletionsKept = TimeSpan.FromDays(7);

    // A broker purges and compacts whole segments only, and never the one it writes: with its own gigabyte the logs of a small city would grow for weeks.
    private const string SegmentBytes = "67108864";
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);

    /// <summary>Waits for brokers that do not answer for as long as it takes; throws <see cref="StreamsException"/> for what waiting does not mend.</summary>
    public async Task<ClusterPlan> RunAsync(CancellationToken cancellationToken)
    {
        for (var pause = s_firstPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            try
            {
                // The client's questions cannot be called back. Cancelled, nobody waits for their end; then they let go of what they use.
                return await Task.Run(() => CheckAsync(cancellationToken), cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (KafkaException e) when (IsTemporary(e.Error.Code))
            {
                Log.WaitsForKafka(log, config.ApplicationId, config.Client["bootstrap.servers"], e.Error.Reason, pause.TotalSeconds);
            }

            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<ClusterPlan> CheckAsync(CancellationToken cancellationToken)
    {
        var names = InternalTopics.Of(config.ApplicationId, topology.StoreName);
        using var admin = clients.Admin();

        // A plain question first: what only an admin client can ask is asked of brokers that answer.
        admin.GetMetadata(s_timeout);
        var found = await DescribeAsync(admin, [.. topology.SourceTopics, .. topology.SinkTopics, .. Own(names)], cancellationToken).ConfigureAwait(false);
        var given = topology.SourceTopics.Concat(topology.SinkTopics).ToList();
        for (var attempt = 0; attempt < 10 && !given.TrueForAll(found.ContainsKey); attempt++)
        {
            // Whoever made them may have done so a moment ago.
            await Task.Delay(200, cancellationToken).ConfigureAwait(false);
            found = await DescribeAsync(admin, [.. given, .. Own(names)], cancellationToken).ConfigureAwait(false);
        }

        var missing = given.Where(t => !found.ContainsKey(t)).ToList();
        if (missing.Count > 0)
        {
            throw new StreamsException(
                $"These topics do not exist on {config.Client["bootstrap.servers"]}: {string.Join(", ", missing)}. Create them "
                + "(the source topics with as many partitions as the stream shall ever need: they cannot be added to later), then start again.");
        }

        var inputs = new List<InputPartition>();
        foreach (var topic in topology.SourceTopics)
        {
            for (var p = 0; p < found[topic].Partitions.Count; p++)
            {
                inputs.Add(new InputPartition(topic, p, inputs.Count));
            }
        }

        var repartitions = found.TryGetValue(names.Partials, out var partials) ? partials.Partitions.Count : config.RepartitionPartitions;
        var wanted = Wanted(names, inputs.Count, repartitions);
        if (await CreateMissingAsync(admin, wanted.Where(t => !found.ContainsKey(t.Name)).ToList(), cancellationToken).ConfigureAwait(false))
        {
            found = await WaitForAsync(admin, [.. topology.SourceTopics, .. Own(names)], cancellationToken).ConfigureAwait(false);
        }

        foreach (var topic in wanted.Where(t => found[t.Name].Partitions.Count != t.NumPartitions))
        {
            throw new StreamsException(
                $"Topic {topic.Name} has {found[topic.Name].Partitions.Count} partitions and must have {topic.NumPartitions}: the partitions of a source topic, "
                + $"or this topic, were changed. Put them back, or stop every worker and reset the application {config.ApplicationId}.");
        }

        // A topic that was deleted and made again has other offsets: everything that was computed from the old one is void.
        var ids = topology.SourceTopics.Append(names.Partials).Where(found.ContainsKey).Select(t => IdOf(found[t]));
        var fingerprint = topology.Fingerprint(inputs.Count, repartitions, ids.ToList());
        var changelogId = names.Changelog is { } changelog && found.TryGetValue(changelog, out var description) ? IdOf(description) : "";
        var mark = await ReadMarkAsync(names, cancellationToken).ConfigureAwait(false);
        if (mark.Fingerprint != 0 && mark != ApplicationMark.Of(mark.Epoch, fingerprint))
        {
            throw new StreamsException(
                $"The application {config.ApplicationId} was begun by another topology: the windows' size, advance or grace, the number of input or repartition "
                + "partitions, or a topic itself has changed since. Go back to the former settings, or stop every worker and reset the application to compute everything again.");
        }

        return new ClusterPlan(names, inputs, repartitions, fingerprint, mark.Epoch, changelogId);
    }

    private async Task<ApplicationMark> ReadMarkAsync(InternalTopics names, CancellationToken cancellationToken)
    {
        using var reader = clients.OffsetReader(config.ApplicationId);
        var started = config.Clock.GetTimestamp();
        while (true)
        {
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                var offset = reader.Committed([new TopicPartition(names.Raises, 0)], s_timeout)[0].Offset;
                return offset == Offset.Unset ? default : ApplicationMark.FromOffset(offset.Value);
            }
            catch (KafkaException e) when (IsCoordinatorStarting(e.Error.Code) && config.Clock.GetElapsedTime(started) < s_patience)
            {
                await Task.Delay(200, cancellationToken).ConfigureAwait(false);
            }
            catch (KafkaException e) when (!IsTemporary(e.Error.Code))
            {
                throw new StreamsException($"The epoch of {config.ApplicationId} could not be read: {e.Error.Reason}. Check the worker's access rights.", e);
            }
        }
    }

    /// <summary>A group's coordinator is not there at once on a cluster that has just started, or while it moves to another broker.</summary>
    private static bool IsCoordinatorStarting(ErrorCode code) => code is ErrorCode.GroupCoordinatorNotAvailable
        or ErrorCode.NotCoordinatorForGroup or ErrorCode.GroupLoadInProgress or ErrorCode.UnstableOffsetCommit;

    /// <summary>Brokers that are away, starting or overloaded: all that waiting mends.</summary>
    private static bool IsTemporary(ErrorCode code) => IsCoordinatorStarting(code) || code is ErrorCode.RequestTimedOut or ErrorCode.NetworkException
        or ErrorCode.LeaderNotAvailable or ErrorCode.NotLeaderForPartition or ErrorCode.NotController or ErrorCode.BrokerNotAvailable
        or ErrorCode.Local_TimedOut or ErrorCode.Local_TimedOutQueue or ErrorCode.Local_Transport or ErrorCode.Local_AllBrokersDown or ErrorCode.Local_Resolve
        or ErrorCode.Local_WaitCoord or ErrorCode.Local_NodeUpdate or ErrorCode.Local_WaitCache;

    private IEnumerable<string> Own(InternalTopics names)
    {
        if (topology.StoreName is not null)
        {
            yield return names.Partials;
            yield return names.Changelog!;
        }

        yield return names.StreamTime;
        yield return names.Raises;
    }

    private List<TopicSpecification> Wanted(InternalTopics names, int inputs, int repartitions)
    {
        var topics = new List<TopicSpecification>
        {
            Spec(names.StreamTime, inputs, new() { ["retention.ms"] = "-1" }),
            Spec(names.Raises, 1, new() { ["retention.ms"] = "-1", ["retention.bytes"] = "-1" }),
        };
        if (topology.StoreName is not null)
        {
            // Nothing but a purge below the committed offsets may ever remove a block.
            topics.Add(Spec(names.Partials, repartitions, new()
            {
                ["retention.ms"] = "-1",
                ["retention.bytes"] = "-1",
                ["cleanup.policy"] = "delete",
                ["segment.bytes"] = SegmentBytes,
            }));
            topics.Add(Spec(names.Changelog!, repartitions, new()
            {
                ["cleanup.policy"] = "compact",
                ["delete.retention.ms"] = ((long)DeletionsKept.TotalMilliseconds).ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["segment.bytes"] = SegmentBytes,
                ["min.cleanable.dirty.ratio"] = "0.3",
            }));
        }

        return topics;
    }

    private TopicSpecification Spec(string name, int partitions, Dictionary<string, string> configs) =>
        new() { Name = name, NumPartitions = partitions, ReplicationFactor = config.ReplicationFactor, Configs = configs };

    private async Task<bool> CreateMissingAsync(IAdminClient admin, List<TopicSpecification> missing, CancellationToken cancellationToken)
    {
        if (missing.Count == 0)
        {
            return false;
        }

        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await admin.CreateTopicsAsync(missing, new CreateTopicsOptions { RequestTimeout = s_timeout, OperationTimeout = s_timeout }).ConfigureAwait(false);
        }
        catch (CreateTopicsException e) when (e.Results.All(r => r.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists))
        {
            // Another worker was faster.
        }
        catch (CreateTopicsException e) when (e.Results.Find(r => IsTemporary(r.Error.Code)) is { } result)
        {
            throw new KafkaException(new Error(result.Error.Code, $"topic {result.Topic} could not be created yet: {result.Error.Reason}"), e);
        }
        catch (KafkaException e) when (!IsTemporary(e.Error.Code))
        {
            var reason = e is CreateTopicsException c ? string.Join("; ", c.Results.Where(r => r.Error.IsError).Select(r => $"{r.Topic}: {r.Error.Reason}")) : e.Error.Reason;
            throw new StreamsException(
                $"The stream's own topics could not be created ({reason}). Create them by hand: "
                + string.Join(", ", missing.Select(t => $"{t.Name} with {t.NumPartitions} partition(s), {string.Join(" ", t.Configs.Select(p => $"{p.Key}={p.Value}"))}")) + ".", e);
        }

        foreach (var topic in missing)
        {
            Log.TopicCreated(log, topic.Name, topic.NumPartitions);
        }

        return true;
    }

    /// <summary>A created topic takes a moment to be known everywhere.</summary>
    private static async Task<Dictionary<string, TopicDescription>> WaitForAsync(IAdminClient admin, List<string> names, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var found = await DescribeAsync(admin, names, cancellationToken).ConfigureAwait(false);
            if (names.TrueForAll(found.ContainsKey))
            {
                return found;
            }

            if (attempt == 50)
            {
                throw new KafkaException(new Error(
                    ErrorCode.LeaderNotAvailable, $"topics that were just created are not known yet: {string.Join(", ", names.Where(n => !found.ContainsKey(n)))}"));
            }

            await Task.Delay(200, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<Dictionary<string, TopicDescription>> DescribeAsync(IAdminClient admin, List<string> names, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<TopicDescription> descriptions;
        try
        {
            var result = await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames(names), new DescribeTopicsOptions { RequestTimeout = s_timeout }).ConfigureAwait(false);
            descriptions = result.TopicDescriptions;
        }
        catch (DescribeTopicsException e)
        {
            descriptions = e.Results.TopicDescriptions;
            var other = descriptions.Find(d => d.Error.IsError && d.Error.Code is not (ErrorCode.UnknownTopicOrPart or ErrorCode.LeaderNotAvailable));
            if (other is not null && IsTemporary(other.Error.Code))
            {
                throw new KafkaException(new Error(other.Error.Code, $"topic {other.Name}: {other.Error.Reason}"), e);
            }

            if (other is not null)
            {
                throw new StreamsException($"Topic {other.Name} could not be described: {other.Error.Reason}. Check the worker's access rights.", e);
            }
        }
        catch (KafkaException e) when (!IsTemporary(e.Error.Code))
        {
            throw new StreamsException($"The topics could not be described: {e.Error.Reason}. Check the worker's access rights.", e);
        }

        return descriptions.Where(d => !d.Error.IsError).ToDictionary(d => d.Name, StringComparer.Ordinal);
    }

    private static string IdOf(TopicDescription topic) =>
        topic.TopicId is { } id && (id.MostSignificantBits != 0 || id.LeastSignificantBits != 0) ? id.ToString() : topic.Name;
}
