using System.Globalization;
using System.Net;
using System.Net.Sockets;

using Microsoft.Extensions.Configuration;

using SmartCity.Domain.Configuration;

namespace SmartCity.Streams.Configuration;

/// <summary>
/// <c>Worker:Port</c>: where health and metrics are served. Default 8081, or the next free port when that one is taken (two workers on one machine); a
/// port that is given must be free. <c>0</c> takes any free port, <c>off</c> serves nothing.
/// </summary>
internal sealed record HttpOptions(int? Port)
{
    public const string Key = "Worker:Port";

    private const int Default = 8081;

    public static HttpOptions Read(IConfiguration configuration, ConfigurationErrors errors)
    {
        var reader = new SettingsReader(configuration, errors);
        var text = reader.Text(Key);
        reader.RejectUnknown("Worker");
        if (text is null)
        {
            return new(FirstFree(Default));
        }

        if (text.Equals("off", StringComparison.OrdinalIgnoreCase))
        {
            return new((int?)null);
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > ushort.MaxValue)
        {
            errors.Add(Key, text, "must be a port (0 for any free one) or off", "8081");
            return new((int?)null);
        }

        if (port != 0 && !IsFree(port))
        {
            errors.Add(Key, text, "is in use by another program", FirstFree(port).ToString(CultureInfo.InvariantCulture));
        }

        return new(port);
    }

    private static int FirstFree(int port)
    {
        while (port < ushort.MaxValue && !IsFree(port))
        {
            port++;
        }

        return port;
    }

    private static bool IsFree(int port)
    {
        var address = Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(address, port));
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
