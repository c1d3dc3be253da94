namespace SmartCity.Streams.Hosting;

/// <summary>
/// One of the things a worker does beside the others (the stream, a sink). Parts do not wait for one another: a database that is down stops no windows.
/// </summary>
internal interface IWorkerPart
{
    /// <summary>Its name in logs and in /health: <c>stream</c>, <c>postgres</c>, <c>lake</c>.</summary>
    string Name { get; }

    /// <summary>True when a fault of this part must end the process; otherwise the worker goes on without it, degraded.</summary>
    bool EndsWorker { get; }

    /// <summary>False when a thread of it hangs. Waiting for a dependency is being alive.</summary>
    bool IsAlive { get; }

    /// <summary>True when it has joined and does its work.</summary>
    bool IsReady { get; }

    /// <summary>What it does now, in a word or two, for /health.</summary>
    string State { get; }

    /// <summary>What a person should know; empty when all is well.</summary>
    IEnumerable<string> Warnings { get; }

    /// <summary>Runs until it is cancelled. Anything it throws but the cancellation is a fault.</summary>
    Task RunAsync(CancellationToken stopping);
}
