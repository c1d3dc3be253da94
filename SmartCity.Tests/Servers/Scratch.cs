using System.Net;
using System.Net.Sockets;

namespace SmartCity.Tests.Servers;

/// <summary>What a server started here needs: a folder of its own, free ports on loopback, and programs that are on this machine.</summary>
internal static class Scratch
{
    private const int FirstPort = 10_000;
    private const int PortRange = 20_000;

    // Runs beside each other begin at places of their own.
    private static int _portsTried = Random.Shared.Next(PortRange);

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

    /// <summary>
    /// Ports that nobody listens on now, all different and given to nobody else in this run. They lie below those that the system takes for outgoing
    /// connections, so that none is taken by chance before its server listens.
    /// </summary>
    public static int[] FreePorts(int count)
    {
        var ports = new List<int>(count);
        while (ports.Count < count)
        {
            int port = FirstPort + (Interlocked.Increment(ref _portsTried) % PortRange);
            if (IsFree(port))
            {
                ports.Add(port);
            }
        }

        return [.. ports];
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

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
