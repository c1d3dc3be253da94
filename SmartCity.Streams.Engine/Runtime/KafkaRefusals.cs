using Confluent.Kafka;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>
/// Tells the errors that a person must act on, since repeating what was asked would end the same way for ever. A topic or partition that is missing is one of them only after
/// a while: a broker that has just started or has lost another, and a client that has lost all of them, may for a moment not know what is there.
/// </summary>
internal sealed class KafkaRefusals(TimeSpan patience, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private long? _since;
    private long _last;

    /// <summary>How long a topic or partition may be missing, again and again, before that is taken for true.</summary>
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(30);

    /// <summary>Kafka did what was asked: whatever was missing is there.</summary>
    public void AllIsThere()
    {
        lock (_gate)
        {
            _since = null;
        }
    }

    /// <summary>Throws for what is hopeless, with the remedy.</summary>
    /// <exception cref="StreamsException">Somebody has to change something.</exception>
    public void ThrowIfHopeless(Error error, string? topic)
    {
        var remedy = error.Code switch
        {
            ErrorCode.MsgSizeTooLarge => "Raise max.message.bytes of that topic to at least that of the source topic.",
            ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed
                or ErrorCode.TransactionalIdAuthorizationFailed or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Authentication
                => "Grant the worker's user what it needs.",
            ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition => HasBeenMissing() ? "Create the topic again, or correct its name." : null,
            ErrorCode.PolicyViolation or ErrorCode.InvalidConfig or ErrorCode.InvalidTransactionTimeout or ErrorCode.UnsupportedVersion
                or ErrorCode.Local_UnsupportedFeature or ErrorCode.InvalidRecord => "Correct the configuration of broker or worker.",
            _ => null,
        };
        if (remedy is not null)
        {
            var where = topic is null ? "" : $" to {topic}";
            throw new StreamsException($"Kafka refused what the stream sent{where}: {error.Reason} ({error.Code}). {remedy}");
        }
    }

    // Of two such errors with the whole patience between them, the first is over.
    private bool HasBeenMissing()
    {
        lock (_gate)
        {
            if (_since is null || clock.GetElapsedTime(_last) > patience)
            {
                _since = clock.GetTimestamp();
            }

            _last = clock.GetTimestamp();
            return clock.GetElapsedTime(_since.Value) >= patience;
        }
    }
}
