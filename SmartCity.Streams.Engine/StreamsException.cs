namespace SmartCity.Streams.Engine;

/// <summary>A fault of the stream that a person must act on; the message says what happened and what to do.</summary>
public sealed class StreamsException : Exception
{
    /// <summary>Makes one without a message.</summary>
    public StreamsException()
    {
    }

    /// <summary>Makes one that says what happened and what to do.</summary>
    public StreamsException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one that says what happened and what to do, and carries the cause.</summary>
    public StreamsException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
