namespace SmartCity.AppHost.Hosting;

/// <summary>A part of the platform does not work; the message says why, for people.</summary>
internal sealed class PlatformException(string part, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The part: data, broker, database, worker, api, simulator.</summary>
    public string Part { get; } = part;
}
