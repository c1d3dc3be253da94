using System.Buffers;

using SmartCity.Domain.Aggregates;
using SmartCity.Domain.Readings;
using SmartCity.Streams.Engine.Processing;
using SmartCity.Streams.Engine.Windows;

namespace SmartCity.Streams.City;

/// <summary>Lets the engine drive <see cref="CityAggregate"/>.</summary>
internal sealed class CityAggregator : IMergeableAggregator<Reading, CityAggregate>
{
    public CityAggregate Create() => new();

    public void Clear(CityAggregate aggregate) => aggregate.Clear();

    public void Add(CityAggregate aggregate, in Reading value, in RecordPosition position) => aggregate.Add(value, position.Partition, position.Offset);

    public void Merge(CityAggregate into, CityAggregate from)
    {
        if (into.ReadingCount > 0 && from.ReadingCount > 0 && into.Type != from.Type)
        {
            throw new FormatException($"an aggregate of {from.Type} readings is for a window of {into.Type} readings");
        }

        try
        {
            into.Merge(from);
        }
        catch (OverflowException e)
        {
            throw new FormatException("its counts or sums are beyond all bounds", e);
        }
    }

    public void Write(CityAggregate aggregate, IBufferWriter<byte> output) => aggregate.Write(output);

    public void Read(CityAggregate into, ReadOnlySpan<byte> bytes) => into.ReadFrom(bytes);
}
