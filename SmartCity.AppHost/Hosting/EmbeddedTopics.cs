using SmartCity.AppHost.Broker;
using SmartCity.Domain;
using SmartCity.Domain.Configuration;
using SmartCity.Domain.Readings;
using SmartCity.Streams.City;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Engine.Runtime;
using SmartCity.Streams.Kafka;

namespace SmartCity.AppHost.Hosting;

/// <summary>Makes every topic that the platform needs, since the embedded broker lets no client create one.</summary>
internal static class EmbeddedTopics
{
    public static void Create(EmbeddedBroker broker, StreamsOptions streams)
    {
        foreach (var topic in TopicPlan.For(KafkaSettings.For(broker.BootstrapServers), streams))
        {
            broker.CreateTopic(topic.Name, topic.Partitions);
        }

        var topology = CityTopology.Build(streams.Window.ToEngine(), new ReadingRules(), TopicNames.Default);
        var own = InternalTopics.Of(streams.ApplicationId, topology.StoreName);
        broker.CreateTopic(own.Partials, streams.RepartitionPartitions);
        broker.CreateTopic(own.Changelog!, streams.RepartitionPartitions);
        broker.CreateTopic(own.StreamTime, streams.SensorPartitions);
        broker.CreateTopic(own.Raises, 1);
        broker.CreateTopic($"{streams.ApplicationId}-lake-plan", Math.Max(streams.SensorPartitions, streams.RepartitionPartitions));
    }
}
