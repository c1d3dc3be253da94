using System.Net;
using System.Net.Sockets;

using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Pages;

/// <summary>A door in front of a server: while it is shut, whoever knocks is refused, and who was inside is out.</summary>
internal sealed class Doorway : IAsyncDisposable
{
    private readonly Uri _behind;
    private readonly List<TcpClient> _guests = [];
    private readonly Lock _gate = new();
    private TcpListener? _listener;
    private Task _welcoming = Task.CompletedTask;

    public Doorway(Uri behind)
    {
        _behind = behind;
        Address = new Uri($"http://127.0.0.1:{Scratch.FreePorts(1)[0]}");
        Open();
    }

    public Uri Address { get; }

    public void Open()
    {
        _listener = new TcpListener(IPAddress.Loopback, Address.Port);
        _listener.Start();
        _welcoming = WelcomeAsync(_listener);
    }

    public async Task ShutAsync()
    {
        _listener?.Dispose();
        await _welcoming;
        lock (_gate)
        {
            _guests.ForEach(guest => guest.Dispose());
            _guests.Clear();
        }
    }

    public async ValueTask DisposeAsync() => await ShutAsync();

    private async Task WelcomeAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The door is shut.
        }
    }

    private async Task ServeAsync(TcpClient guest)
    {
        using var host = new TcpClient();
        lock (_gate)
        {
            _guests.AddRange([guest, host]);
        }

        try
        {
            await host.ConnectAsync(IPAddress.Loopback, _behind.Port);
            await Task.WhenAny(guest.GetStream().CopyToAsync(host.GetStream()), host.GetStream().CopyToAsync(guest.GetStream()));
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // One of them left.
        }

        guest.Dispose();
    }
}
