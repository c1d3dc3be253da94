using System.Net;
using System.Net.Sockets;

namespace SmartCity.Tests.Servers;

/// <summary>What a server started here needs: a folder of its own, free ports on loopback, and programs that are on this machine.</summary>
internal static class Scratch
{
    /// <summary>Makes an empty folder under the system's temporary folder.</summary>
    public static string Folder(string name) => Directory.CreateTempSubdirectory($"smartcity-test-{name}-").FullName;

    /// <summary>Removes a folder; a file still held open by an ending process is left to the system.</summary>
    public static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TestContext.Progress.WriteLine($"could not remove {folder}: {e.Message}");
        }
    }

    /// <summary>Ports that nobody listens on now, all different.</summary>
    public static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        try
        {
            return Array.ConvertAll(listeners, listener =>
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            });
        }
        finally
        {
            Array.ForEach(listeners, listener => listener.Dispose());
        }
    }

    /// <summary>The program that <paramref name="variable"/> names, or else <paramref name="name"/> on PATH; null when there is neither.</summary>
    public static string? Program(string name, string? variable = null)
    {
        if (variable is not null && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named)
        {
            return File.Exists(named) ? Path.GetFullPath(named) : throw new FileNotFoundException($"{variable} names {named}, which is not there.");
        }

        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }
}
