using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Streams.Engine.Testing;

/// <summary>A record that a topology under test wrote.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition; only internal topics have more than one in the driver.</param>
/// <param name="Key">The key's bytes, or null.</param>
/// <param name="Value">The value's bytes, or null.</param>
/// <param name="Headers">Its headers, values as UTF-8 text.</param>
public sealed record TestRecord(string Topic, int Partition, byte[]? Key, byte[]? Value, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The key as UTF-8 text; empty when null.</summary>
    public string KeyText => Key is null ? "" : Serdes.Text.Read(Key);

    /// <summary>The value as UTF-8 text; empty when null.</summary>
    public string ValueText => Value is null ? "" : Serdes.Text.Read(Value);
}

/// <summary>How the driver plays Kafka.</summary>
public sealed record TestDriverOptions
{
    /// <summary>Partitions of every source topic. Default 1.</summary>
    public int InputPartitions { get; init; } = 1;

    /// <summary>Partitions of the repartition topic. Default 1.</summary>
    public int RepartitionPartitions { get; init; } = 1;

    /// <summary>The wall clock at the start. Default 2026-01-01T00:00:00Z; it moves only when told to.</summary>
    public DateTimeOffset WallClock { get; init; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The epoch that blocks, state and rows carry. Default 0.</summary>
    public int Epoch { get; init; }
}
