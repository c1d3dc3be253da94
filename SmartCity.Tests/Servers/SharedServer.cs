namespace SmartCity.Tests.Servers;

/// <summary>One way to come by a server: it gives the server, or says why it cannot.</summary>
internal delegate Task<Found<T>> Way<T>()
    where T : TestServer;

/// <summary>A server, or the reason why there is none.</summary>
internal readonly record struct Found<T>(T? Server, string Reason)
    where T : TestServer
{
    public static Found<T> Here(T server) => new(server, "");

    public static Found<T> Not(string reason) => new(null, reason);

    /// <summary>The server; where there is none the calling test is skipped, or fails under <c>CI=true</c>.</summary>
    public T ServerOrMissing() => Server ?? throw TestServers.Missing(Reason);
}

/// <summary>The ways to come by a server of a kind, in the order in which they are tried.</summary>
internal sealed class ServerSearch<T>(string kind, params Way<T>[] ways)
    where T : TestServer
{
    public async Task<Found<T>> RunAsync()
    {
        var reasons = new List<string>();
        foreach (Way<T> way in ways)
        {
            Found<T> found = await way();
            if (found.Server is { } server)
            {
                await TestContext.Progress.WriteLineAsync($"{kind} for the tests: {server.Origin}");
                return found;
            }

            reasons.Add(found.Reason);
        }

        return Found<T>.Not($"No {kind} to test with: {string.Join("; ", reasons)}.");
    }
}

/// <summary>The one server of a kind that all tests of a run share. It is started by the first test that asks for it.</summary>
internal sealed class SharedServer<T>(ServerSearch<T> ways)
    where T : TestServer
{
    private readonly SemaphoreSlim _gate = new(1);
    private Task<Found<T>>? _search;

    /// <summary>The server; where there is none the calling test is skipped, or fails under <c>CI=true</c>.</summary>
    public async Task<T> GetAsync()
    {
        Task<Found<T>> search;
        await _gate.WaitAsync();
        try
        {
            search = _search ??= ways.RunAsync();
        }
        finally
        {
            _gate.Release();
        }

        return (await search).ServerOrMissing();
    }

    /// <summary>Ends the server if this run started one.</summary>
    public async Task StopAsync()
    {
        if (_search is { IsCompletedSuccessfully: true } search && (await search).Server is { } server)
        {
            await server.DisposeAsync();
        }
    }
}
