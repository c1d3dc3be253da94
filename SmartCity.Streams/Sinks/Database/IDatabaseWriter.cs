using SmartCity.Streams.Kafka;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>
/// Writes rows together with the offsets they move, in one transaction. Implementations throw what their database throws (of which
/// <see cref="DatabaseErrors.IsTemporary"/> knows what an outage is), and the caller tries again. The same rows may be written again after any failure: they stand as a whole or not at all.
/// </summary>
internal interface IDatabaseWriter : IAsyncDisposable
{
    /// <summary>
    /// The offset from which each partition of <paramref name="log"/> is to be read; a partition that was never written starts at its
    /// <paramref name="starts"/>, which is noted. Throws <see cref="ForeignLogException"/> when the database knows this topic from elsewhere.
    /// </summary>
    Task<IReadOnlyDictionary<int, long>> LoadAsync(SourceLog log, IReadOnlyDictionary<int, long> starts, CancellationToken cancellation);

    /// <summary>
    /// Writes what is held of some partitions, unless one of them does not begin where the database stands: then nothing is written and the answer is false;
    /// whoever asked was overtaken (by the new owner of a partition, or by its own earlier attempt whose commit it did not hear of) and must load again.
    /// </summary>
    /// <param name="batch">
    /// In an order that is the same in every worker (topic, then partition), so that their row locks never wait for each other in a ring.
    /// </param>
    /// <param name="cancellation">Gives up; what was begun is rolled back.</param>
    Task<bool> WriteAsync(IReadOnlyList<PartitionRows> batch, CancellationToken cancellation);
}

/// <summary>The database has been written from another log: a person must decide.</summary>
internal sealed class ForeignLogException(string message) : Exception(message);
