using System.Globalization;

using Npgsql;

using SmartCity.Tests.Security;

namespace SmartCity.Tests.Servers;

/// <summary>
/// A PostgreSQL server of this machine's own binaries, on a free loopback port with its data in a temporary folder. It refuses to run as root, so root starts
/// it as user postgres. On Debian, root installs the package where there is none.
/// </summary>
internal sealed class LocalPostgres : PostgresServer
{
    private const string DebianRoot = "/usr/lib/postgresql";

    private readonly string _binaries;
    private readonly string _folder = Scratch.Folder("postgres");
    private readonly string _password = Guid.NewGuid().ToString("N");
    private readonly int _port = Scratch.FreePorts(1)[0];
    private readonly TestCertificates? _certificates;
    private ChildProcess? _server;

    private LocalPostgres(string binaries, TestCertificates? certificates) => (_binaries, _certificates) = (binaries, certificates);

    public override string Origin => $"127.0.0.1:{_port}, started from {_binaries}";

    public override string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = _port,
        Database = "postgres",
        Username = "postgres",
        Password = _password,
    }.ConnectionString;

    public static Task<Found<PostgresServer>> TryStartAsync() => TryStartAsync(null);

    /// <summary>With certificates it takes TLS.</summary>
    public static async Task<Found<PostgresServer>> TryStartAsync(TestCertificates? certificates)
    {
        if (OperatingSystem.IsWindows())
        {
            return Found<PostgresServer>.Not("a local PostgreSQL is started on Linux and macOS only");
        }

        if ((FindBinaries() ?? await InstallAsync()) is not { } binaries)
        {
            return Found<PostgresServer>.Not("initdb and postgres are neither on PATH nor in /usr/lib/postgresql/*/bin, and can be installed by root on Debian only");
        }

        var postgres = new LocalPostgres(binaries, certificates);
        await postgres.InitializeAsync();
        await postgres.StartAgainAsync();
        return Found<PostgresServer>.Here(postgres);
    }

    // SIGQUIT is PostgreSQL's immediate shutdown: no checkpoint, recovery at the next start; a killed postmaster's children would live on a little.
    public override Task KillAsync() => _server?.EndAsync(ChildProcess.SigQuit) ?? Task.CompletedTask;

    public override async Task StartAgainAsync()
    {
        if (_server is not null)
        {
            await KillAsync();
            await _server.DisposeAsync();
        }

        // No fsync: what a killed process has written is in the kernel's hands. Commits are still synchronous, or a kill would lose them.
        string[] settings = [$"port={_port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=200", "max_wal_size=2GB", .. Tls];
        _server = ChildProcess.Start(
            AsPostgres(["postgres", "-D", Data, .. settings.SelectMany(setting => (string[])["-c", setting])]), null, _folder, ChildProcess.SigQuit);
        await _server.BecomesAsync(() => AnswersAsync(ConnectionString), $"PostgreSQL answers at port {_port}");
    }

    protected override async ValueTask CloseAsync()
    {
        await KillAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        NpgsqlConnection.ClearAllPools();
        Scratch.Remove(_folder);
    }

    private string Data => Path.Combine(_folder, "data");

    private string[] Tls => _certificates is null ? [] : ["ssl=on", $"ssl_cert_file={_folder}/server.pem", $"ssl_key_file={_folder}/server.key"];

    private async Task InitializeAsync()
    {
        if (_certificates is not null)
        {
            // The server wants a key that is its own and nobody else's to read.
            File.Copy(_certificates.Certificate, Path.Combine(_folder, "server.pem"));
            File.Copy(_certificates.Key, Path.Combine(_folder, "server.key"));
            await ChildProcess.RunAsync(["chmod", "600", Path.Combine(_folder, "server.key")]);
        }

        string passwordFile = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(passwordFile, _password);
        if (Environment.IsPrivilegedProcess)
        {
            await ChildProcess.RunAsync(["chown", "-R", "postgres", _folder]);
        }

        await ChildProcess.RunAsync(AsPostgres(
            ["initdb", "-D", Data, "-U", "postgres", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", $"--pwfile={passwordFile}", "--no-sync"]));
    }

    private string[] AsPostgres(string[] command)
    {
        command[0] = Path.Combine(_binaries, command[0]);
        return Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. command] : command;
    }

    private static string? FindBinaries()
    {
        string? onPath = Scratch.Program("initdb");
        if (onPath is not null && Scratch.Program("postgres") is not null)
        {
            return Path.GetDirectoryName(onPath);
        }

        return Directory.Exists(DebianRoot)
            ? Directory.EnumerateDirectories(DebianRoot)
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin"))
                .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")))
            : null;
    }

    private static async Task<string?> InstallAsync()
    {
        if (!File.Exists("/etc/debian_version") || !Environment.IsPrivilegedProcess)
        {
            return null;
        }

        await TestContext.Progress.WriteLineAsync("No PostgreSQL here: installing Debian's.");
        var quietly = new Dictionary<string, string> { ["DEBIAN_FRONTEND"] = "noninteractive" };
        await ChildProcess.RunAsync(["apt-get", "update", "-q"], quietly);
        await ChildProcess.RunAsync(["apt-get", "install", "-y", "-q", "--no-install-recommends", "postgresql"], quietly);
        return FindBinaries();
    }
}
