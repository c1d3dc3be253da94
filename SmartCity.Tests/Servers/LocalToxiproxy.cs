namespace SmartCity.Tests.Servers;

/// <summary>Toxiproxy on a free loopback port: the program TOXIPROXY, or <c>toxiproxy-server</c> on PATH.</summary>
internal sealed class LocalToxiproxy : ToxiproxyServer
{
    private readonly string _program;
    private readonly int _port = Scratch.FreePorts(1)[0];
    private ChildProcess? _server;

    private LocalToxiproxy(string program) => _program = program;

    public override string Origin => $"{Api}, started from {_program}";

    public override Uri Api => new($"http://127.0.0.1:{_port}");

    public static async Task<Found<ToxiproxyServer>> TryStartAsync()
    {
        if (OperatingSystem.IsWindows() || Scratch.Program("toxiproxy-server", "TOXIPROXY") is not { } program)
        {
            return Found<ToxiproxyServer>.Not("TOXIPROXY is not set and toxiproxy-server is not on PATH");
        }

        var toxiproxy = new LocalToxiproxy(program);
        toxiproxy._server = ChildProcess.Start(
            [program, "-host", "127.0.0.1", "-port", $"{toxiproxy._port}"], new Dictionary<string, string> { ["LOG_LEVEL"] = "error" });
        await toxiproxy._server.BecomesAsync(toxiproxy.AnswersAsync, $"Toxiproxy answers at {toxiproxy.Api}");
        return Found<ToxiproxyServer>.Here(toxiproxy);
    }

    protected override async ValueTask CloseAsync()
    {
        await base.CloseAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            (await SendAsync(HttpMethod.Get, "/version", null)).Dispose();
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
