using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.City;

/// <summary>Turns an aggregate into the row that the world sees, stamped with the wall clock.</summary>
internal sealed class AggregateRowProcessor : IProcessor<Windowed<GroupKey>, WindowUpdate<CityAggregate>, string, AggregateRow>
{
    // A row is written as soon as it is forwarded, so that one set of figures a type will do.
    private readonly MetricSummary[][] _figures = [.. SensorTypes.All.Select(type => new MetricSummary[type.Metrics.Count])];
    private IProcessorContext<string, AggregateRow> _context = null!;

    public void Init(IProcessorContext<string, AggregateRow> context) => _context = context;

    public void Process(in Record<Windowed<GroupKey>, WindowUpdate<CityAggregate>> record)
    {
        var (group, start, end) = record.Key;
        var (aggregate, isFinal, epoch, revision, watermark) = record.Value;
        if (aggregate.ReadingCount > 0 && aggregate.Type != group.Type)
        {
            throw new StreamsException(
                $"A window of {group.Type} readings of {group.City} has an aggregate of {aggregate.Type} readings: something other than this application wrote to its internal topics, or they are damaged. Reset the application to rebuild from its input.");
        }

        var row = AggregateRow.From(group, start, end, aggregate, isFinal, epoch, revision, watermark, _context.WallClock.ToUnixTimeMilliseconds(), _figures[(int)group.Type]);
        _context.Forward(new Record<string, AggregateRow>(row.Key, row, record.TimestampMs));
    }
}
