using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace SmartCity.Tests.Fuzz;

/// <summary>Sends bytes as they are, which no HTTP client would, and reads the answer.</summary>
internal static class RawHttp
{
    private const int MostBytes = 16 << 20;
    private static readonly TimeSpan EarlyEnd = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LateEnd = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The status and what was answered; status 0 for no answer at all, or for one that does not end. A connection that is closed without a word counts as a 400: so
    /// does the server treat what is no HTTP.
    /// </summary>
    public static async Task<(int Status, string Answer)> AskAsync(Uri server, HostileRequest request)
    {
        using var patience = new CancellationTokenSource(Patience);
        var answer = new MemoryStream();
        try
        {
            using var connection = new TcpClient();
            await connection.ConnectAsync(server.Host, server.Port, patience.Token);
            NetworkStream stream = connection.GetStream();
            await stream.WriteAsync(request.Bytes, patience.Token);
            using var nudge = new Timer(_ => EndSending(connection), null, request.EndsEarly ? EarlyEnd : LateEnd, Timeout.InfiniteTimeSpan);
            byte[] buffer = new byte[65_536];
            while (answer.Length < MostBytes && await stream.ReadAsync(buffer, patience.Token) is var read and > 0)
            {
                answer.Write(buffer, 0, read);
                if (Text(answer).Contains("text/event-stream", StringComparison.Ordinal))
                {
                    break; // it goes on for ever, as it should
                }
            }
        }
        catch (OperationCanceledException)
        {
            return (0, $"no end after {Patience.TotalSeconds} s: {Text(answer)}");
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // It was closed before all was sent or read: what came until then counts.
        }

        string text = Text(answer);
        return text.Length == 0 ? (400, "closed")
            : text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && int.TryParse(text.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int status) ? (status, text)
            : (0, text);
    }

    // Whoever ends his side is taken to have left, so a whole request is given the time to be answered first.
    private static void EndSending(TcpClient connection)
    {
        try
        {
            connection.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or NullReferenceException)
        {
            // It has ended already.
        }
    }

    private static string Text(MemoryStream answer) => Encoding.Latin1.GetString(answer.GetBuffer(), 0, (int)Math.Min(answer.Length, 2_000));
}
