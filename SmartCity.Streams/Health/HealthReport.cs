namespace SmartCity.Streams.Health;

/// <summary>The answer of <c>/health</c>. Written in snake_case.</summary>
/// <param name="Status"><c>healthy</c>, or <c>degraded</c> when something fails or a dependency does not answer.</param>
/// <param name="Database"><c>up</c>, <c>down</c>, <c>unknown</c> (not asked yet) or <c>unused</c>.</param>
/// <param name="Storage">The same of the lake.</param>
/// <param name="Kafka">The same of the brokers.</param>
/// <param name="Stream">What the stream does: <c>running</c>, <c>rebalancing</c>, <c>waiting for kafka</c>, …, or <c>unused</c>.</param>
/// <param name="Timestamp">When this was written.</param>
/// <param name="Parts">What each part of the worker does.</param>
/// <param name="Warnings">What a person should know, each with what to do.</param>
internal sealed record HealthReport(
    string Status, string Database, string Storage, string Kafka, string Stream, DateTimeOffset Timestamp, IReadOnlyDictionary<string, string> Parts, IReadOnlyList<string> Warnings);

/// <summary>The answer of <c>/health/live</c> and <c>/health/ready</c>.</summary>
/// <param name="Status"><c>live</c> or <c>ready</c> with 200, <c>hung</c> or <c>not_ready</c> with 503.</param>
/// <param name="Parts">What each part of the worker does.</param>
internal sealed record HealthStatus(string Status, IReadOnlyDictionary<string, string> Parts);
