using Microsoft.Extensions.Logging;

namespace SmartCity.Streams.Engine.Runtime;

/// <summary>The states of a running topology and the ways between them; every change is logged.</summary>
internal sealed class StateMachine(string application, ILogger log)
{
    private readonly Lock _gate = new();
    private volatile StreamsState _current = StreamsState.Created;

    public StreamsState Current => _current;

    /// <summary>Goes to a state; throws when there is no way to it.</summary>
    public void Go(StreamsState next)
    {
        if (!TryGo(next))
        {
            throw new InvalidOperationException($"{application} cannot go from {_current} to {next}.");
        }
    }

    /// <summary>Goes to a state if there is a way to it from here.</summary>
    public bool TryGo(StreamsState next)
    {
        StreamsState from;
        lock (_gate)
        {
            from = _current;
            if (!IsLegal(from, next))
            {
                return false;
            }

            _current = next;
        }

        Log.StateChanged(log, application, from, next);
        return true;
    }

    internal static bool IsLegal(StreamsState from, StreamsState to) => (from, to) switch
    {
        (StreamsState.Created, StreamsState.Rebalancing or StreamsState.PendingShutdown) => true,
        (StreamsState.Rebalancing, StreamsState.Running or StreamsState.PendingShutdown) => true,
        (StreamsState.Running, StreamsState.Rebalancing or StreamsState.PendingShutdown) => true,
        (StreamsState.PendingShutdown, StreamsState.NotRunning) => true,
        (StreamsState.PendingError, StreamsState.Error) => true,
        (StreamsState.Created or StreamsState.Rebalancing or StreamsState.Running or StreamsState.PendingShutdown, StreamsState.PendingError) => true,
        _ => false,
    };
}
