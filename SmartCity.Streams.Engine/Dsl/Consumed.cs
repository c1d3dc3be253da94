using SmartCity.Streams.Engine.Serialization;
using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine.Dsl;

/// <summary>How a source topic is read.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TValue">The type of the value.</typeparam>
public sealed record Consumed<TKey, TValue>
{
    internal Consumed(Func<IRecordParser<TKey, TValue>> parser) => Parser = parser;

    internal Func<IRecordParser<TKey, TValue>> Parser { get; }

    /// <summary>Where rejected records go, byte for byte, with headers (KIP-1034); null: a rejected record stops the task, for nothing is skipped silently.</summary>
    public string? DeadLetterTopic { get; init; }

    /// <summary>The same, with rejected records going to a topic.</summary>
    public Consumed<TKey, TValue> WithDeadLetters(string topic) => this with { DeadLetterTopic = topic };
}

/// <summary>Ways to read a source topic.</summary>
public static class Consumed
{
    /// <summary>Reads records by a parser of one's own; the function makes one for each task.</summary>
    public static Consumed<TKey, TValue> With<TKey, TValue>(Func<IRecordParser<TKey, TValue>> parser) => new(parser);

    /// <summary>
    /// Reads records by serdes; event time is the record timestamp unless <paramref name="timestampExtractor"/> takes it from key, value and record
    /// timestamp (all in Unix milliseconds). A record that a serde refuses, or without a value, is rejected as <c>undecodable</c>.
    /// </summary>
    public static Consumed<TKey, TValue> With<TKey, TValue>(ISerde<TKey> key, ISerde<TValue> value, Func<TKey, TValue, long, long>? timestampExtractor = null) =>
        With(() => new SerdeParser<TKey, TValue>(key, value, timestampExtractor));

    private sealed class SerdeParser<TKey, TValue>(ISerde<TKey> keySerde, ISerde<TValue> valueSerde, Func<TKey, TValue, long, long>? timestampExtractor) : IRecordParser<TKey, TValue>
    {
        public bool TryParse(in RawRecord record, out TKey key, out TValue value, out long eventTimeMs, out RecordRejection rejection)
        {
            key = default!;
            value = default!;
            eventTimeMs = 0;
            rejection = default;
            if (!record.HasValue)
            {
                rejection = new RecordRejection("undecodable", "The record has no value.");
                return false;
            }

            try
            {
                key = record.HasKey ? keySerde.Read(record.Key) : default!;
                value = valueSerde.Read(record.Value);
                eventTimeMs = timestampExtractor?.Invoke(key, value, record.TimestampMs) ?? record.TimestampMs;
                return true;
            }
            catch (FormatException e)
            {
                rejection = new RecordRejection("undecodable", e.Message);
                return false;
            }
        }
    }
}
