using System.Buffers;

using SmartCity.Domain.Aggregates;
using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Streams.City;

/// <summary>The JSON values of the platform's own topics.</summary>
internal static class JsonSerdes
{
    public static ISerde<AggregateRow> AggregateRow { get; } = new AggregateRowSerde();

    public static ISerde<SensorStatus> SensorStatus { get; } = new SensorStatusSerde();

    public static ISerde<ReadingCounts> ReadingCounts { get; } = new ReadingCountsSerde();

    private sealed class AggregateRowSerde : ISerde<AggregateRow>
    {
        public void Write(AggregateRow value, IBufferWriter<byte> output) => value.WriteJson(output);

        public AggregateRow Read(ReadOnlySpan<byte> bytes) => Domain.Aggregates.AggregateRow.ParseJson(bytes);
    }

    private sealed class SensorStatusSerde : ISerde<SensorStatus>
    {
        public void Write(SensorStatus value, IBufferWriter<byte> output) => value.WriteJson(output);

        public SensorStatus Read(ReadOnlySpan<byte> bytes) => Domain.Aggregates.SensorStatus.ParseJson(bytes);
    }

    private sealed class ReadingCountsSerde : ISerde<ReadingCounts>
    {
        public void Write(ReadingCounts value, IBufferWriter<byte> output) => value.WriteJson(output);

        public ReadingCounts Read(ReadOnlySpan<byte> bytes) => Domain.Aggregates.ReadingCounts.ParseJson(bytes);
    }
}
