namespace SmartCity.Streams.Kafka;

/// <summary>A topic as one made at one time on one cluster: offsets mean something within it alone.</summary>
/// <param name="ClusterId">The cluster's id.</param>
/// <param name="Topic">The topic's name.</param>
/// <param name="TopicId">The topic's id; "" where the broker gives none.</param>
internal sealed record SourceLog(string ClusterId, string Topic, string TopicId);
