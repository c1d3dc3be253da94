using System.Globalization;
using System.Text;

using Confluent.Kafka;

using SmartCity.Domain.Configuration;

namespace SmartCity.Streams.Replay;

/// <summary>
/// Sends readings again, some hundred in a transaction together with the ledger's entry that says so. Its transactional id is one for the application: a run that starts fences one that hangs, so
/// that what the ledger says at the start stays true.
/// </summary>
internal sealed class ReplaySender : IDisposable
{
    /// <summary>Names the record that a reading was put aside in, on the reading that is sent again: <c>TOPIC-PARTITION@OFFSET</c>.</summary>
    public const string ReplayedFrom = "replayed.from";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IProducer<byte[]?, byte[]?> _producer;
    private readonly string _sensors;
    private readonly int _partitions;

    public ReplaySender(KafkaSettings kafka, string applicationId, int partitions)
    {
        (_sensors, _partitions) = (kafka.Topics.Sensors, partitions);
        _producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig(kafka.ClientProperties.ToDictionary())
        {
            ClientId = "smart-city-replay",
            TransactionalId = $"{applicationId}-replay",
            Partitioner = Partitioner.Murmur2Random,
            LingerMs = 20,
            MessageMaxBytes = 16 << 20,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        _producer.InitTransactions(Patience);
    }

    /// <summary>Sends a batch; when it returns they are all there, and the ledger says so. Throws <see cref="KafkaException"/> when none of it is, or it is not known.</summary>
    public void Send(IReadOnlyList<PutAside> readings, string from, ReplayLedger ledger)
    {
        var originals = new OffsetSet();
        var sent = new OffsetSet();
        Error? failed = null;
        _producer.BeginTransaction();
        foreach (PutAside reading in readings)
        {
            originals.Add(reading.Partition, reading.Offset);
            var message = new Message<byte[]?, byte[]?>
            {
                Key = reading.Key,
                Value = reading.Value,
                Headers = new Headers { { ReplayedFrom, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{reading.Place.Topic}-{reading.Place.Partition.Value}@{reading.Place.Offset.Value}")) } },
            };

            // To where it first went: one key may go wherever its producer pleased, and a sensor's readings stay together.
            var target = new TopicPartition(_sensors, reading.Partition < _partitions ? new Partition(reading.Partition) : Partition.Any);
            _producer.Produce(target, message, report =>
            {
                if (report.Error.IsError)
                {
                    failed = report.Error;
                }
                else
                {
                    sent.Add(report.Partition.Value, report.Offset.Value);
                }
            });
        }

        // Reports come on this thread's flush or on the client's own; after it they have all come.
        _producer.Flush(Patience);
        var entry = new ReplayEntry(from, originals.Ranges(), sent.Ranges());
        if (failed is not null || entry.Sent.Values.Sum(ranges => ranges.Sum(range => range[1])) != readings.Count)
        {
            _producer.AbortTransaction(Patience);
            throw new KafkaException(failed ?? new Error(ErrorCode.Local_TimedOut, $"{_sensors} did not take every reading within {Patience.TotalSeconds:0} s"));
        }

        _producer.Produce(ledger.Topic, new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes(from), Value = ReplayLedger.Write(entry) });
        _producer.CommitTransaction(Patience);
        ledger.Add(entry);
    }

    public void Dispose() => _producer.Dispose();
}
