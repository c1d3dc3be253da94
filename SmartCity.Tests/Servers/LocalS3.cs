using SmartCity.Tests.Security;

namespace SmartCity.Tests.Servers;

/// <summary>Versity's S3 gateway over a temporary folder, on a free loopback port: the program VERSITYGW, or <c>versitygw</c> on PATH.</summary>
internal sealed class LocalS3 : S3Server
{
    private readonly string _program;
    private readonly string _folder = Scratch.Folder("s3");
    private readonly int _port = Scratch.FreePorts(1)[0];
    private readonly TestCertificates? _certificates;
    private ChildProcess? _server;

    private LocalS3(string program, TestCertificates? certificates) => (_program, _certificates) = (program, certificates);

    public override string Origin => $"{Endpoint}, started from {_program}";

    public override Uri Endpoint => new(_certificates is null ? $"http://127.0.0.1:{_port}" : $"https://localhost:{_port}");

    public override string AccessKey => "test-access";

    public override string SecretKey { get; } = Guid.NewGuid().ToString("N");

    public override string Region => "us-east-1";

    public static Task<Found<S3Server>> TryStartAsync() => TryStartAsync(null);

    public static async Task<Found<S3Server>> TryStartAsync(TestCertificates? certificates)
    {
        if (OperatingSystem.IsWindows() || Scratch.Program("versitygw", "VERSITYGW") is not { } program)
        {
            return Found<S3Server>.Not("VERSITYGW is not set and versitygw is not on PATH");
        }

        var store = new LocalS3(program, certificates);
        await store.StartAgainAsync();
        return Found<S3Server>.Here(store);
    }

    public override Task KillAsync() => _server?.EndAsync() ?? Task.CompletedTask;

    public override async Task StartAgainAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        string objects = Directory.CreateDirectory(Path.Combine(_folder, "objects")).FullName;
        var credentials = new Dictionary<string, string> { ["ROOT_ACCESS_KEY_ID"] = AccessKey, ["ROOT_SECRET_ACCESS_KEY"] = SecretKey };
        string[] tls = _certificates is null ? [] : ["--cert", _certificates.Certificate, "--key", _certificates.Key];
        _server = ChildProcess.Start(
            [_program, "--region", Region, "--port", $"127.0.0.1:{_port}", "--health", "/health", "--keep-alive", "--quiet", .. tls, "posix", "--disableotmp", objects],
            credentials,
            _folder);
        await _server.BecomesAsync(() => AnswersAsync(new Uri(Endpoint, "/health"), _certificates), $"the S3 server answers at {Endpoint}");
    }

    protected override async ValueTask CloseAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Scratch.Remove(_folder);
    }
}
