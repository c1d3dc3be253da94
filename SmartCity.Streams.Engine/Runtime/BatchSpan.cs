using System.Diagnostics;
using System.Text;

using Confluent.Kafka;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>
/// What a task does with records of which some belong to a trace: one span from the first of them to the commit, in that one's trace, with a link to each. Nothing is made, and
/// nothing allocated, for records of no trace.
/// </summary>
internal sealed class BatchSpan
{
    /// <summary>The header of the W3C trace context.</summary>
    public const string Header = "traceparent";

    private const int HeaderLength = 55;
    private const int MostLinks = 128;

    private readonly Activity _activity;
    private readonly long _started;
    private int _links = 1;
    private long _records = 1;

    private BatchSpan(Activity activity, long started) => (_activity, _started) = (activity, started);

    /// <summary>Its name for the client below the .NET client: these literals end with a zero.</summary>
    public static ReadOnlySpan<byte> NativeHeader => "traceparent"u8;

    /// <summary>Whether anybody listens. It is asked once, when the clients are made.</summary>
    public static bool IsWanted => Source.HasListeners();

    private static ActivitySource Source { get; } = new(KafkaStreams.TraceSource);

    /// <summary>What goes with records that this work sends on; null where the listener wants no more than to know.</summary>
    public Headers? Headers { get; private init; }

    /// <summary>A record that this work sent bears its header.</summary>
    public bool IsPassedOn { get; set; }

    /// <summary>True for bytes that may name a trace which is kept. Most records have no header, or one that says no.</summary>
    public static bool IsKept(ReadOnlySpan<byte> header) => header.Length == HeaderLength && header[^1] is ((byte)'1' or (byte)'3');

    /// <summary>Begins with a record that belongs to a trace; null where nobody wants it, or the bytes are rubbish.</summary>
    public static BatchSpan? Begin(ReadOnlySpan<byte> header, string group, TopicPartition from, long now)
    {
        if (!TryRead(header, out var parent)
            || Source.StartActivity(ActivityKind.Consumer, parent, Tags(group, from), [new ActivityLink(parent)], name: $"process {from.Topic}") is not { } activity)
        {
            return null;
        }

        // Several overlap on one thread; none is the parent of what is done there meanwhile.
        Activity.Current = null;
        return new BatchSpan(activity, now) { Headers = activity.Recorded ? new Headers { { Header, Encoding.ASCII.GetBytes(activity.Id!) } } : null };
    }

    /// <summary>One more record; links it if it belongs to a trace.</summary>
    public void Take(ReadOnlySpan<byte> header)
    {
        _records++;
        if (_links < MostLinks && IsKept(header) && TryRead(header, out var context))
        {
            _links++;
            _activity.AddLink(new ActivityLink(context));
        }
    }

    /// <summary>How long it has been under way, by the clock's timestamps.</summary>
    public TimeSpan Age(TimeProvider clock) => clock.GetElapsedTime(_started);

    /// <summary>Committed.</summary>
    public void End()
    {
        _activity.SetTag("messaging.batch.message_count", _records);
        _activity.Dispose();
        Activity.Current = null;
    }

    /// <summary>Not committed: the records are read again.</summary>
    public void Undo()
    {
        _activity.SetStatus(ActivityStatusCode.Error, "Not committed: the records are read again.");
        End();
    }

    private static KeyValuePair<string, object?>[] Tags(string group, TopicPartition from) =>
    [
        new("messaging.system", "kafka"),
        new("messaging.operation.name", "process"),
        new("messaging.operation.type", "process"),
        new("messaging.destination.name", from.Topic),
        new("messaging.destination.partition.id", from.Partition.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        new("messaging.consumer.group.name", group),
    ];

    private static bool TryRead(ReadOnlySpan<byte> header, out ActivityContext context) => ActivityContext.TryParse(Encoding.ASCII.GetString(header), null, isRemote: true, out context);
}
