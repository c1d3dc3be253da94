namespace SmartCity.Streams.Hosting;

/// <summary>Something that a person must act on ends the worker; the message says what happened and what to do.</summary>
internal sealed class WorkerFault(string message, Exception? cause = null) : Exception(message, cause);
