namespace SmartCity.Tests.Servers;

/// <summary>A real server that tests use.</summary>
internal abstract class TestServer : IAsyncDisposable
{
    /// <summary>Where it comes from, for people.</summary>
    public abstract string Origin { get; }

    /// <summary>True when tests may end it and start it again.</summary>
    public virtual bool CanRestart => false;

    /// <summary>Skips (or under <c>CI=true</c> fails) the calling test when this server may not be ended and started again.</summary>
    public void MustRestart()
    {
        if (!CanRestart)
        {
            throw TestServers.Missing($"{Origin} is not ours to kill and start again, which this test does.");
        }
    }

    /// <summary>Ends it as a crash would.</summary>
    public virtual Task KillAsync() => throw new NotSupportedException();

    /// <summary>Starts it again at the same address with the data it had, and waits until it answers.</summary>
    public virtual Task StartAgainAsync() => throw new NotSupportedException();

    public ValueTask DisposeAsync() => CloseAsync();

    /// <summary>Ends it for good if this run started it, and removes its data.</summary>
    protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;
}
