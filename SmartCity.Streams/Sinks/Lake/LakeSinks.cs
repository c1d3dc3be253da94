using SmartCity.Domain;
using SmartCity.Domain.Lake;
using SmartCity.Domain.Readings;

namespace SmartCity.Streams.Sinks.Lake;

/// <summary>Makes the lake's sinks: raw readings and final aggregates, with one store, one memory budget and one plan topic for both.</summary>
internal static class LakeSinks
{
    /// <summary>Makes both. <paramref name="replicationFactor"/> is for the plan topic where it has to be made; -1 leaves it to the broker.</summary>
    public static IReadOnlyList<ISink> Create(
        TopicNames topics, ReadingRules rules, LakeOptions lake, IObjectStore store, SinkOptions options, short replicationFactor, TimeProvider clock, ILogger logger)
    {
        var plan = new LakePlan(options.ApplicationId, options.Client, replicationFactor, logger);
        var budget = new LakeBudget(lake.FlushBytes);
        var metrics = new LakeMetrics();
        return
        [
            new LakeSink(new RawContent(topics.Sensors, rules, lake.Format), store, plan, lake, budget, metrics, clock, logger),
            new LakeSink(new AggregateContent(topics.Aggregates, lake.Format, logger), store, plan, lake, budget, metrics, clock, logger),
        ];
    }
}
