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
}

/// <summary>The one server of a kind that all tests of a run share. It is started by the first test that asks for it.</summary>
internal sealed class SharedServer<T>(string kind, params Way<T>[] ways)
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
            search = _search ??= SearchAsync();
        }
        finally
        {
            _gate.Release();
        }

        Found<T> found = await search;
        return found.Server ?? throw TestServers.Missing(found.Reason);
    }

    /// <summary>Ends the server if this run started one.</summary>
    public async Task StopAsync()
    {
        if (_search is { IsCompletedSuccessfully: true } search && (await search).Server is { } server)
        {
            await server.DisposeAsync();
        }
    }

    private async Task<Found<T>> SearchAsync()
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
