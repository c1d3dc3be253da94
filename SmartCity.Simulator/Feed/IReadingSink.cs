namespace SmartCity.Simulator.Feed;

/// <summary>Where records go.</summary>
internal interface IReadingSink
{
    /// <summary>Takes one record, and waits while it can take none. A record without a key has an empty one.</summary>
    void Send(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, CancellationToken cancellationToken);
}
