using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>
/// Asks the brokers where partitions begin and end, uncommitted records included, and moves beginnings. A consumer asks, which joins no group: an admin client
/// that is asked the same while a broker goes away or comes back can end the whole process.
/// </summary>
internal sealed class LogBounds(Clients clients) : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    // Nobody waits for a purge; an answer that comes after the client has given it up is what the admin client bears worst.
    private static readonly TimeSpan s_purgeTimeout = TimeSpan.FromMinutes(1);

    private readonly IConsumer<byte[], byte[]> _consumer = clients.BoundsReader();
    private readonly SemaphoreSlim _onePurge = new(1);
    private readonly Lock _gate = new();
    private int _questions;
    private bool _closed;

    /// <summary>The bounds of each partition. Blocks; throws a <see cref="KafkaException"/> when the brokers do not say.</summary>
    public Dictionary<TopicPartition, WatermarkOffsets> Ask(IReadOnlyCollection<TopicPartition> partitions)
    {
        Enter();
        try
        {
            return partitions.ToDictionary(p => p, AskTwice);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// Deletes the records below some offsets. Only an admin client can, so it is used as carefully as may be: one request at a time, at leaders that have
    /// answered this very client just before.
    /// </summary>
    public async Task DeleteBelowAsync(IReadOnlyCollection<TopicPartitionOffset> offsets)
    {
        Enter();
        try
        {
            await _onePurge.WaitAsync().ConfigureAwait(false);
            try
            {
                var bounds = Ask([.. offsets.Select(o => o.TopicPartition)]);
                var below = offsets.Where(o => bounds[o.TopicPartition].Low < o.Offset && o.Offset <= bounds[o.TopicPartition].High).ToList();
                if (below.Count > 0)
                {
                    using var admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
                    await admin.DeleteRecordsAsync(below, new DeleteRecordsOptions { RequestTimeout = s_purgeTimeout }).ConfigureAwait(false);
                }
            }
            finally
            {
                _onePurge.Release();
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>No more questions. The client is let go of when the last one is answered; nobody waits for that.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            if (_questions > 0)
            {
                return;
            }
        }

        _consumer.Dispose();
    }

    private WatermarkOffsets AskTwice(TopicPartition partition)
    {
        try
        {
            return _consumer.QueryWatermarkOffsets(partition, s_timeout);
        }
        catch (KafkaException e) when (!e.Error.IsLocalError)
        {
            // When a broker comes back, the client goes on naming the epoch of its leadership before, and is refused, until it fetches metadata of its own accord: for minutes.
            using var client = new DependentAdminClientBuilder(_consumer.Handle).Build();
            client.GetMetadata(partition.Topic, s_timeout);
        }

        try
        {
            return _consumer.QueryWatermarkOffsets(partition, s_timeout);
        }
        catch (KafkaException e)
        {
            throw new KafkaException(new Error(e.Error.Code, $"{partition}: {e.Error.Reason}"), e);
        }
    }

    private void Enter()
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw new KafkaException(new Error(ErrorCode.Local_Destroy, "The worker stops."));
            }

            _questions++;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_questions > 0 || !_closed)
            {
                return;
            }
        }

        _consumer.Dispose();
    }
}
