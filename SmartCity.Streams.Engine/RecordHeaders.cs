using System.Globalization;
using System.Text;

using Confluent.Kafka;

using SmartCity.Streams.Engine.Tasks;

namespace SmartCity.Streams.Engine;

/// <summary>The headers of records that the engine passes on unchanged: dead letters and late records. Values are UTF-8 text, numbers in decimal.</summary>
public static class RecordHeaders
{
    /// <summary>Why the record is a dead letter: a code.</summary>
    public const string Reason = "reason";

    /// <summary>What was wrong, for people.</summary>
    public const string Detail = "detail";

    /// <summary>How many milliseconds after the close of its last window a late record came, in stream time.</summary>
    public const string LatenessMs = "lateness.ms";

    /// <summary>
    /// Where a late record was late by a raise: the stream time, Unix milliseconds, that its silent partition had been raised to. With source topic and partition it names
    /// the raise in <c>APP-raises</c>, since each raises further than the one before.
    /// </summary>
    public const string RaisedToMs = "raised.to.ms";

    /// <summary>The topic that the record came from.</summary>
    public const string SourceTopic = "source.topic";

    /// <summary>Its partition there.</summary>
    public const string SourcePartition = "source.partition";

    /// <summary>Its offset there.</summary>
    public const string SourceOffset = "source.offset";

    /// <summary>Its timestamp there, Unix milliseconds.</summary>
    public const string SourceTimestampMs = "source.timestamp.ms";

    internal static Headers Of(in RawRecord source)
    {
        var headers = new Headers();
        Add(headers, SourceTopic, source.Topic);
        Add(headers, SourcePartition, source.Partition);
        Add(headers, SourceOffset, source.Offset);
        Add(headers, SourceTimestampMs, source.TimestampMs);
        return headers;
    }

    internal static void Add(Headers headers, string name, string value) => headers.Add(name, Encoding.UTF8.GetBytes(value));

    internal static void Add(Headers headers, string name, long value) => Add(headers, name, value.ToString(CultureInfo.InvariantCulture));
}
