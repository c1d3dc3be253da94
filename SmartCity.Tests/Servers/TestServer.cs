namespace SmartCity.Tests.Servers;

/// <summary>A real server that tests use.</summary>
internal abstract class TestServer : IAsyncDisposable
{
    /// <summary>Where it comes from, for people.</summary>
    public abstract string Origin { get; }

    /// <summary>Ends it as a crash would. Only for a server of the test's own.</summary>
    public virtual Task KillAsync() => throw new NotSupportedException();

    /// <summary>Starts it again at the same address with the data it had, and waits until it answers.</summary>
    public virtual Task StartAgainAsync() => throw new NotSupportedException();

    public ValueTask DisposeAsync() => CloseAsync();

    /// <summary>Ends it for good if this run started it, and removes its data.</summary>
    protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;
}
