namespace SmartCity.Domain.Data;

/// <summary>
/// One row of <c>sink_offsets</c>: up to where a sink has written one partition, in the same transaction as what it wrote. Keyed by cluster and topic id
/// as well as by name, so that offsets of another cluster or of a topic made anew are never taken for this one's.
/// </summary>
public sealed class SinkOffsetEntity
{
    /// <summary>The sink's name.</summary>
    public string Sink { get; set; } = "";

    /// <summary>The Kafka cluster's id.</summary>
    public string ClusterId { get; set; } = "";

    /// <summary>The topic's name.</summary>
    public string Topic { get; set; } = "";

    /// <summary>The topic's id; <c>""</c> where the broker gives none.</summary>
    public string TopicId { get; set; } = "";

    /// <summary>The partition.</summary>
    public int Partition { get; set; }

    /// <summary>The offset of the next record to be written.</summary>
    public long NextOffset { get; set; }
}
