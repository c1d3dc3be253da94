using System.Net.Http.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Tests.Servers;

/// <summary>A Toxiproxy, driven over its HTTP API.</summary>
internal abstract class ToxiproxyServer : TestServer
{
    private int _proxies;
    private HttpClient? _client;

    /// <summary>The address of its API, e.g. <c>http://127.0.0.1:8474</c>.</summary>
    public abstract Uri Api { get; }

    /// <summary>The Toxiproxy whose API is at SMARTCITY_TEST_TOXIPROXY.</summary>
    public static Task<Found<ToxiproxyServer>> FromEnvironment()
        => Task.FromResult(Environment.GetEnvironmentVariable("SMARTCITY_TEST_TOXIPROXY") is { Length: > 0 } address
            ? Found<ToxiproxyServer>.Here(new Given(new Uri(address)))
            : Found<ToxiproxyServer>.Not("SMARTCITY_TEST_TOXIPROXY is not set"));

    /// <summary>Opens a proxy to <paramref name="upstream"/> (host:port), at <paramref name="listen"/> or at a free port of loopback.</summary>
    public Task<Proxy> CreateProxyAsync(string upstream, string listen = "127.0.0.1:0", Action? whenClosed = null) => CreateProxyAsync([(upstream, listen)], whenClosed);

    /// <summary>Opens a proxy for each broker of a cluster, to be cut and slowed as one.</summary>
    public async Task<Proxy> CreateProxyAsync(IReadOnlyList<(string Upstream, string Listen)> ways, Action? whenClosed)
    {
        var made = new List<ProxyState>();
        foreach ((string upstream, string listen) in ways)
        {
            string name = $"proxy-{Environment.ProcessId}-{Interlocked.Increment(ref _proxies)}";
            made.Add(await SendAsync<ProxyState>(HttpMethod.Post, "/proxies", new ProxyState(name, listen, upstream, true)));
        }

        return new Proxy(this, [.. made.Select(proxy => proxy.Name)], string.Join(',', made.Select(proxy => proxy.Listen)), whenClosed);
    }

    protected override ValueTask CloseAsync()
    {
        _client?.Dispose();
        return base.CloseAsync();
    }

    internal async Task<T> SendAsync<T>(HttpMethod method, string path, object? body)
    {
        using HttpResponseMessage answer = await SendAsync(method, path, body);
        return (await answer.Content.ReadFromJsonAsync<T>())!;
    }

    internal async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body)
    {
        _client ??= new HttpClient { BaseAddress = Api };
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        HttpResponseMessage answer = await _client.SendAsync(request);
        return answer.IsSuccessStatusCode
            ? answer
            : throw new HttpRequestException($"Toxiproxy answers {method} {path} with {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    internal sealed record ProxyState(
        [property: JsonPropertyName("name")] string Name,
        [property: JsonPropertyName("listen")] string Listen,
        [property: JsonPropertyName("upstream")] string Upstream,
        [property: JsonPropertyName("enabled")] bool Enabled);

    private sealed class Given(Uri api) : ToxiproxyServer
    {
        public override string Origin => $"{api}, from SMARTCITY_TEST_TOXIPROXY";

        public override Uri Api => api;
    }
}

/// <summary>A connection's middle man, or a cluster's: one a broker. Disposing it closes it with all connections through it.</summary>
internal sealed class Proxy(ToxiproxyServer server, IReadOnlyList<string> names, string address, Action? whenClosed) : IAsyncDisposable
{
    /// <summary>Where it listens, host:port; several with commas between.</summary>
    public string Address => address;

    /// <summary>Cuts every connection and refuses new ones.</summary>
    public Task DisableAsync() => EachAsync(HttpMethod.Post, "", new { enabled = false });

    /// <summary>Takes connections again.</summary>
    public Task EnableAsync() => EachAsync(HttpMethod.Post, "", new { enabled = true });

    /// <summary>Leads elsewhere from now on; what is connected is cut.</summary>
    public Task LeadToAsync(string upstream) => EachAsync(HttpMethod.Post, "", new { enabled = true, upstream });

    /// <summary>Adds a toxic: e.g. <c>latency</c> with <c>latency</c> in ms, <c>timeout</c> with <c>timeout</c> 0 (data vanishes), <c>limit_data</c>, <c>reset_peer</c>, <c>bandwidth</c>.</summary>
    public Task AddToxicAsync(string type, string stream = "downstream", params (string Name, long Value)[] attributes)
        => EachAsync(HttpMethod.Post, "/toxics", new { name = $"{type}-{stream}", type, stream, toxicity = 1.0, attributes = attributes.ToDictionary(a => a.Name, a => a.Value) });

    /// <summary>Removes the toxic of that type.</summary>
    public Task RemoveToxicAsync(string type, string stream = "downstream") => EachAsync(HttpMethod.Delete, $"/toxics/{type}-{stream}", null);

    public async ValueTask DisposeAsync()
    {
        await EachAsync(HttpMethod.Delete, "", null);
        whenClosed?.Invoke();
    }

    private async Task EachAsync(HttpMethod method, string path, object? body)
    {
        foreach (string name in names)
        {
            (await server.SendAsync(method, $"/proxies/{name}{path}", body)).Dispose();
        }
    }
}
