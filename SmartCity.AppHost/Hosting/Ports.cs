using System.Net;
using System.Net.Sockets;

namespace SmartCity.AppHost.Hosting;

/// <summary>Finds a port to listen on.</summary>
internal static class Ports
{
    private const int Tries = 100;

    /// <summary>The port asked for, or the next one above it that is free; 0 gives any free one.</summary>
    public static int FirstFree(int wanted)
    {
        for (var port = wanted; port < wanted + Tries && port <= IPEndPoint.MaxPort; port++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return ((IPEndPoint)socket.LocalEndPoint!).Port;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // The next one.
            }
        }

        throw new PlatformException("api", $"no port from {wanted} to {Math.Min(wanted + Tries - 1, IPEndPoint.MaxPort)} is free. Give another with --port.");
    }
}
