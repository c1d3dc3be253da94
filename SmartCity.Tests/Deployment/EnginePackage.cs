using System.IO.Compression;
using System.Reflection;
using System.Xml.Linq;

using SmartCity.Streams.Engine;
using SmartCity.Tests.Servers;
using SmartCity.Tests.Support;

namespace SmartCity.Tests.Deployment;

/// <summary>The engine packed into a feed that is a folder, and programs of somebody who has the package and not this repository.</summary>
internal sealed class EnginePackage : IDisposable
{
    private const string Id = "SmartCity.Streams.Engine";
    private static readonly string Dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";

    private static readonly string Packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    // No build server is left behind, and nobody else's is used.
    private static readonly Dictionary<string, string> Quiet = new()
    {
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["UseSharedCompilation"] = "false",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        ["DOTNET_NOLOGO"] = "1",
    };

    private readonly string _root;

    private EnginePackage(string root) => _root = root;

    public static string Version => XDocument.Load(Repository.Path("Directory.Build.props")).Descendants("Version").Single().Value;

    private string Feed => Path.Combine(_root, "feed");

    /// <summary>Packs what this run was built with.</summary>
    public static async Task<EnginePackage> PackAsync()
    {
        string configuration = typeof(KafkaStreams).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        var package = new EnginePackage(Scratch.Folder("package"));
        await ChildProcess.RunAsync([Dotnet, "pack", Repository.Path($"{Id}/{Id}.csproj"), "--no-build", "-c", configuration, "-o", package.Feed], Quiet);
        return package;
    }

    public ZipArchive Open(string extension) => ZipFile.OpenRead(Path.Combine(Feed, $"{Id}.{Version}.{extension}"));

    public XElement Manifest()
    {
        using var zip = Open("nupkg");
        using var text = zip.GetEntry($"{Id}.nuspec")!.Open();
        return XDocument.Load(text).Root!.Elements().Single();
    }

    /// <summary>Copies a sample out of the repository, builds it there against the package, and returns the command that runs it.</summary>
    public async Task<string[]> BuildAsync(string sample)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, sample)).FullName;
        foreach (string file in Directory.GetFiles(Repository.Path($"samples/{sample}")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "nuget.config"), $"""<configuration><packageSources><add key="feed" value="{Feed}" /></packageSources></configuration>""");
        string program = Path.Combine(_root, "program");
        await ChildProcess.RunAsync(
            [
                Dotnet, "build", folder, "-o", program, $"-p:EngineVersion={Version}",
                $"-p:RestorePackagesPath={Path.Combine(_root, "packages")}", $"-p:RestoreFallbackFolders={Packages}", // the package goes where it stays nobody's
            ],
            Quiet);
        return [Dotnet, "exec", Path.Combine(program, $"{sample}.dll")];
    }

    public void Dispose() => Scratch.Remove(_root);
}
