using System.Buffers;

using SmartCity.Streams.Engine.Serialization;

namespace SmartCity.Streams.Engine.Processing;

/// <summary>Writes records to a topic.</summary>
internal sealed class SinkNode<TKey, TValue>(TaskScope scope, string topic, ISerde<TKey> keySerde, ISerde<TValue> valueSerde) : Node<TKey, TValue>
{
    private readonly ArrayBufferWriter<byte> _scratch = new();

    public override void Process(in Record<TKey, TValue> record)
    {
        var key = record.Key is null or Unit ? null : keySerde.ToBytes(record.Key, _scratch);
        var value = record.Value is null ? null : valueSerde.ToBytes(record.Value, _scratch);
        scope.Send(topic, key, value);
    }
}
