using SmartCity.Domain;
using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Dsl;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.City;

/// <summary>
/// The city's topology: readings → sensor status; readings → counts by hour; readings → windows by (type, city) and (type, city, district) → rows. Invalid readings go to the dead letters,
/// readings too late for every window to the late topic.
/// </summary>
internal static class CityTopology
{
    /// <summary>The window store's name; its changelog is <c>APP-windows-changelog</c>.</summary>
    public const string StoreName = "windows";

    /// <summary>Builds it for the windows, rules and topic names of one installation.</summary>
    public static Topology Build(TimeWindows windows, ReadingRules rules, TopicNames? names = null)
    {
        var topics = names ?? TopicNames.Default;
        var builder = new StreamsBuilder();
        var readings = builder.Stream(topics.Sensors, Consumed.With(() => new ReadingRecordParser(rules)).WithDeadLetters(topics.DeadLetters));

        readings
            .Process(() => new SensorStatusProcessor())
            .To(topics.SensorStatus, Serdes.Text, JsonSerdes.SensorStatus);

        readings
            .Process(() => new ReadingCountProcessor())
            .To(topics.Quality, Serdes.Text, JsonSerdes.ReadingCounts);
        var windowed = readings
            .GroupBy(new Grouped<Unit, Reading, GroupKey> { Selector = GroupOf, HeldBy = CityOf, Serde = GroupKeySerde.Instance, PartitionBy = GroupKeySerde.WriteCity })
            .WindowedBy(windows)
            .LateTo(topics.Late)
            .Aggregate(new CityAggregator(), StoreName);
        windowed
            .Process(() => new AggregateRowProcessor())
            .To(topics.Aggregates, Serdes.Text, JsonSerdes.AggregateRow);
        windowed
            .Process(() => new TaskProgressProcessor())
            .To(topics.Quality, Serdes.Text, JsonSerdes.ReadingCounts);

        return builder.Build();
    }

    /// <summary>Every reading counts in its district when it names one, and in its whole city, which is district "".</summary>
    private static void GroupOf(in Record<Unit, Reading> record, GroupCollector<GroupKey> groups)
    {
        ref readonly var reading = ref record.Value;
        groups.Add(new GroupKey(reading.Type, reading.City, reading.District));
    }

    private static void CityOf(GroupKey group, GroupCollector<GroupKey> groups)
    {
        if (group.District.Length > 0)
        {
            groups.Add(group with { District = "" });
        }
    }
}
