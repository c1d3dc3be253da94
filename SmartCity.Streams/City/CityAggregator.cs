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

    public void Merge(CityAggregate into, CityAggregate from) => into.Merge(from);

    public void Write(CityAggregate aggregate, IBufferWriter<byte> output) => aggregate.Write(output);

    public void Read(CityAggregate into, ReadOnlySpan<byte> bytes) => into.ReadFrom(bytes);
}
